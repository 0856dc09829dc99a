"""What schedulers of clusters need to run a training: a script for SLURM, a Job for Kubernetes. Nothing is submitted here.

Both start the same command on each of one or more machines, with one or more of its GPUs; several find each other by
`TF_CONFIG`, as `nndsl.team` reads it. A job that is stopped (its time is over, its machine is wanted elsewhere) saves on
SIGTERM, is started again, and goes on from there: to that end each job has a folder of runs of its own.
"""

import re
import shlex
from collections.abc import Sequence
from typing import Any

from nndsl.frozen import Frozen
from nndsl.records import as_yaml
from nndsl.run import LATEST
from nndsl.team.cluster import VARIABLE

NOTICE = 120
"""Seconds between SIGTERM and SIGKILL: to finish a step and save."""
STOPPED = 75
"""What a script of a job that was stopped returns: EX_TEMPFAIL of sysexits.h."""
_LONGEST_NAME = 63
_PORT = 2222
"""Where workers of Kubernetes reach each other; each has an address of its own."""
_PORTS = range(20_000, 30_000)
"""Where those of SLURM do, by the number of the job: several jobs may share a machine."""
_RESTARTS = 1000
"""How often Kubernetes starts a Job again, at most; it waits the longer, the more often it failed."""


class Job(Frozen):
    """A training on a cluster.

    Attributes:
        training: its name.
        arguments: what `nndsl train` gets: the file, and everything that decides the result.
        devices: how many GPUs it needs of each machine.
        machines: how many share each batch.
        hours: how long it may take at a time.
        cpus: how many cores it needs.
    """

    training: str
    arguments: tuple[str, ...]
    devices: int
    hours: int
    cpus: int
    machines: int = 1

    @property
    def name(self) -> str:
        """What it is called: lower-case letters, digits and hyphens, at most 63 with the number of a machine, as DNS labels (RFC 1123)."""
        room = _LONGEST_NAME - (len(f"-{self.machines - 1}") if self.machines > 1 else 0)
        return re.sub("[^a-z0-9]+", "-", f"nndsl-{self.training.lower()}")[:room].strip("-")

    def commands(self, runs: str) -> tuple[str, str]:
        """How it starts, and how it goes on, with its runs in a folder, which the shell expands."""
        train = f"nndsl train {shlex.join(self.arguments)} --devices {self.devices}"
        return f'{train} --runs "{runs}"', f'{train} --resume "{self.latest(runs)}"'

    def latest(self, runs: str) -> str:
        """The folder of its run."""
        return f"{runs}/{self.training.lower()}/{LATEST}"


def _config(workers: str, index: str) -> str:
    """Shell that lets what follows know the other machines: their addresses, in quotes, and which of them this one is."""
    said = f'{{"cluster": {{"worker": [{workers}]}}, "task": {{"type": "worker", "index": {index}}}}}'
    return f"export {VARIABLE}={_quoted(said)}"


def _quoted(text: str) -> str:
    """A text in which the shell replaces variables, and nothing else."""
    return '"' + text.replace('"', '\\"') + '"'


_NODES = f"""\
port=$(({_PORTS.start} + SLURM_JOB_ID % {len(_PORTS)}))
export workers=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | sed "s/.*/\\"&:$port\\"/" | paste -sd, -)
as_worker='{_config("$workers", "$SLURM_NODEID")}; exec "$@"'
"""
"""Each node gets the same list of all of them, and its place in it. One that fails ends the others by itself, in good order."""


def slurm(job: Job) -> str:
    """A script for `sbatch` (https://slurm.schedmd.com/sbatch.html)."""
    start, go_on = job.commands("$runs")
    srun = 'srun --kill-on-bad-exit=0 sh -c "$as_worker" sh' if job.machines > 1 else "srun"
    settings = {
        "job-name": job.name, "nodes": job.machines, "ntasks-per-node": 1, "cpus-per-task": job.cpus, "gres": f"gpu:{job.devices}",
        "time": f"{job.hours}:00:00", "signal": f"TERM@{NOTICE}", "requeue": None, "open-mode": "append", "output": "%x-%j.log",
    }
    return _script("#!/bin/bash", *(f"#SBATCH --{name}" + ("" if value is None else f"={value}") for name, value in settings.items())) + f"""
# It is submitted in the folder that its paths start from: sbatch THIS_FILE
runs="runs/job-$SLURM_JOB_ID"
latest="{job.latest('$runs')}"
{_NODES if job.machines > 1 else ""}if [ -e "$latest/run.yaml" ]; then
  {srun} {go_on}
else
  {srun} {start}
fi
code=$?
if grep -qs '^status: terminated$' "$latest/run.yaml"; then
  scontrol requeue "$SLURM_JOB_ID"   # its time was over: it goes on in another turn
fi
exit $code
"""


def kubernetes(job: Job, image: str, claim: str) -> str:
    """A Job (https://kubernetes.io/docs/concepts/workloads/controllers/job/), in YAML.

    One of several machines is an indexed Job, whose pods have names that a headless Service lets them find
    (https://kubernetes.io/docs/tasks/job/job-with-pod-to-pod-communication/).

    Args:
        image: of the container, in which nndsl is installed.
        claim: the PersistentVolumeClaim with the files, where runs go too.
    """
    container = {
        "name": "train", "image": image, "workingDir": "/work", "command": ["sh", "-c", _in_a_pod(job)],
        "resources": {"limits": {"nvidia.com/gpu": job.devices}, "requests": {"cpu": job.cpus}},
        "volumeMounts": [{"name": "work", "mountPath": "/work"}],
    }
    pod = {
        "restartPolicy": "OnFailure", "terminationGracePeriodSeconds": NOTICE, "containers": [container],
        "volumes": [{"name": "work", "persistentVolumeClaim": {"claimName": claim}}],
    }
    spec = {"backoffLimit": _RESTARTS, "activeDeadlineSeconds": job.hours * 3600, "template": {"spec": pod}}
    named = {"metadata": {"name": job.name}}
    if job.machines == 1:
        return as_yaml({"apiVersion": "batch/v1", "kind": "Job", **named, "spec": spec})
    pod["subdomain"] = job.name
    spec |= {"completionMode": "Indexed", "completions": job.machines, "parallelism": job.machines}
    found = {"clusterIP": "None", "selector": {"job-name": job.name}, "publishNotReadyAddresses": True}
    service = as_yaml({"apiVersion": "v1", "kind": "Service", **named, "spec": found})
    return service + "---\n" + as_yaml({"apiVersion": "batch/v1", "kind": "Job", **named, "spec": spec})


def _in_a_pod(job: Job) -> str:
    """What a container runs; as its first process, the shell hands SIGTERM on."""
    runs = f"runs/{job.name}"
    start, go_on = job.commands(runs)
    latest = job.latest(runs)
    workers = ", ".join(f'"{job.name}-{number}.{job.name}:{_PORT}"' for number in range(job.machines))
    known = _config(workers, "$JOB_COMPLETION_INDEX") + "\n" if job.machines > 1 else ""
    return f"""{known}trap 'kill -TERM $child' TERM
if [ -e "{latest}/run.yaml" ]; then
  {go_on} &
else
  {start} &
fi
child=$!
wait $child
code=$?
if [ $code -gt 128 ]; then wait $child; code=$?; fi
if grep -qs '^status: terminated$' "{latest}/run.yaml"; then exit {STOPPED}; fi
exit $code
"""


def _script(*lines: str) -> str:
    return "\n".join(lines) + "\n"


def arguments(file: str, name: str | None, overrides: Sequence[tuple[str, Any]], data: str | None) -> tuple[str, ...]:
    """What `nndsl train` gets, from what was asked for."""
    words = {True: "true", False: "false", None: "none"}
    values = [f"{param}={words[value] if value is None or isinstance(value, bool) else value}" for param, value in overrides]
    return (file, *([name] if name else []), *(word for one in values for word in ("--set", one)), *(["--data", data] if data else []))
