"""What a container needs to serve a run: a folder that is the whole context of its build, but for nndsl itself."""

import shutil
from collections.abc import Sequence
from pathlib import Path

from nndsl.diagnostics import Diagnostic, UserError, error
from nndsl.files import replaced_folder, unwritable
from nndsl.run import Run

PYTHON = "3.12.11"
USER = 10001
PORT = 8000
_RUN = ("run.yaml", "spec.nn", "sources", "data.json", "metrics.csv", "evaluation.json", "checkpoints")
"""What answering needs of a run's folder."""
_BEST = "best.checkpoint"
"""The one with the best weights, beside which those that training goes on from are not needed."""

_DOCKERFILE = """\
# nndsl is not published: put its wheel beside this file first, made of its checkout by
#   pip wheel --no-deps -w . PATH_OF_THE_CHECKOUT
FROM python:{python}-slim-bookworm

ENV PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1 PIP_NO_CACHE_DIR=1 TF_CPP_MIN_LOG_LEVEL=3
RUN useradd --uid {user} --no-create-home --shell /usr/sbin/nologin nndsl

COPY nndsl-*.whl constraints.txt /tmp/wheels/
RUN pip install --constraint /tmp/wheels/constraints.txt "$(ls /tmp/wheels/nndsl-*.whl)[serve]" && rm -r /tmp/wheels

COPY run /run-to-serve
USER {user}
EXPOSE {port}
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \\
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:{port}/health', timeout=4)"]
ENTRYPOINT ["nndsl", "serve", "/run-to-serve", "--host", "0.0.0.0", "--port", "{port}"{network}]
"""


@error("NN865")
def recipe_is_there(folder: Path) -> Diagnostic:
    """What a container needs is written into a folder of its own, and there is something in this one."""
    return Diagnostic(None, f"{folder} is there already, and not empty", repair="name a new folder, or delete this one")


def write(run: Run, folder: Path, network: str | None) -> Sequence[str]:
    """Write the folder, whole or not at all.

    Args:
        network: the one that is to answer, of a training with several.

    Returns:
        Lines that say what there is, and what comes next.

    Raises:
        UserError: something is there already, or it cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise UserError(recipe_is_there(folder))
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
    except OSError as failure:
        raise unwritable(folder, failure) from None
    with replaced_folder(folder) as beside:
        _fill(beside, run, network)
    name = str(run.settings["training"]).lower()
    return (
        f"{folder}  Dockerfile, constraints.txt, run/", "next:", f"  pip wheel --no-deps -w {folder} PATH_OF_THE_CHECKOUT_OF_NNDSL",
        f"  docker build -t {name} {folder}", f"  docker run --rm -p 127.0.0.1:{PORT}:{PORT} {name}",
    )


def _fill(folder: Path, run: Run, network: str | None) -> None:
    (folder / "run").mkdir()
    for name in _RUN:
        own = run.folder / name
        if own.is_dir():
            not_needed = ("step-*",) if (own / _BEST).exists() else ()
            shutil.copytree(own, folder / "run" / name, ignore=shutil.ignore_patterns(".*", *not_needed))
        elif own.exists():
            shutil.copyfile(own, folder / "run" / name)
    versions = run.settings["versions"]
    pinned = "".join(f"{name}=={versions[name]}\n" for name in ("keras", "tensorflow", "numpy") if name in versions)
    (folder / "constraints.txt").write_text(pinned, encoding="utf-8")
    chosen = "" if network is None else f', "--network", "{network}"'
    (folder / "Dockerfile").write_text(_DOCKERFILE.format(python=PYTHON, user=USER, port=PORT, network=chosen), encoding="utf-8")
