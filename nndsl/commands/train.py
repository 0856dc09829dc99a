"""`nndsl train`."""

import os
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import TYPE_CHECKING

from nndsl.arguments import add_file, count_or_all, natural, positive, size
from nndsl.checking import loaded
from nndsl.commands import Command
from nndsl.console import GOOD, misused, tell
from nndsl.live import progress_on
from nndsl.team.cluster import cluster_from
from nndsl.team.joining import WAIT, joined
from nndsl.team.together import Team
from nndsl.tracking import followed

if TYPE_CHECKING:
    from nndsl.run import Run


def _add_arguments(parser: ArgumentParser) -> None:
    add_file(parser, "training")
    parser.add_argument("--epochs", metavar="N", type=positive, help="train for N epochs instead of what the file says")
    parser.add_argument("--seed", metavar="N", type=natural, help="another seed than the file's")
    parser.add_argument("--resume", metavar="RUN", type=Path, help="go on with a run that was interrupted; of several machines, only the first needs its folder")
    parser.add_argument("--despite-changes", action="store_true", help="go on with --resume although the file, the data or settings have changed")
    parser.add_argument("--devices", metavar="N", type=count_or_all, default=1, help="share each batch among N devices of each machine, or `all` (default: 1)")
    parser.add_argument("--wait", metavar="SECONDS", type=natural, default=WAIT, help=f"how long to wait for the other machines of TF_CONFIG (default: {WAIT})")
    parser.add_argument("--runs", metavar="DIR", type=Path, default=Path("runs"), help="where run folders are made (default: runs)")
    parser.add_argument("--health", action="store_true", help="before each epoch, look for vanishing and exploding gradients and dead units; see health.csv")
    parser.add_argument("--tensorboard", action="store_true", help="write event files into the run's folder: `tensorboard --logdir runs` shows them")
    parser.add_argument("--mlflow", metavar="URI", help="tell MLflow of the run: http://localhost:5000 or sqlite:///mlflow.db")
    parser.add_argument(
        "--memory", metavar="SIZE", type=size,
        help="how much the data may take, such as 2GB (default: half of what is free); those that take more are read from files,\n"
        "which are made once, in .data beside the runs",
    )


def _run(options: Namespace) -> int:
    if options.despite_changes and options.resume is None:
        return misused("train", "--despite-changes goes with --resume")
    with joined(cluster_from(os.environ), options.wait) as team:
        run = _trained(options, team)
    if not team.chief:
        return GOOD
    if run.evaluation is not None:
        print(run.evaluation.headline())
    if run.status == "interrupted":
        tell(f"interrupted after {len(run.history)} of {run.settings['settings']['epochs']} epochs: --resume {run.folder} goes on")
    print(f"run: {run.folder}")
    return GOOD


def _trained(options: Namespace, team: Team) -> "Run":
    if options.resume is not None and team.chief:
        from nndsl.run import Run, locked

        with locked(Run.open(options.resume).folder):  # which is to be refused before TensorFlow is loaded, for seconds
            pass
    program = loaded(options)
    training = program.training(options.name)
    progress = followed(progress_on(), training.name, options.tensorboard, options.mlflow) if team.chief else None
    from nndsl.backend.keras.train import train

    return train(
        program, training, folder=options.runs, epochs=options.epochs, seed=options.seed, resume=options.resume,
        despite_changes=options.despite_changes, overrides=dict(options.overrides), data_path=options.data, memory=options.memory,
        progress=progress, devices=options.devices, team=team, health=options.health,
    )


COMMAND = Command(
    "learn from data; everything goes to a run folder such as runs/NAME/001",
    """\
  nndsl train digits.nn
  nndsl train digits.nn --set width=64 --epochs 3 --seed 7
  nndsl train digits.nn --devices all                   share each batch among all GPUs
  nndsl train digits.nn --resume runs/digits8x8/latest --epochs 60
  nndsl train library.nn --memory 4GB
""",
    _add_arguments, _run,
    more="""\
Ctrl-C ends training early and keeps everything; a second Ctrl-C leaves at once.
Where the environment variable TF_CONFIG lists several machines, the same command, started on each of them, trains on all:
the first writes the run, and each has the file and the data. `nndsl launch` writes what starts it on a cluster, and
docs/scaling.md says more.""",
)
