"""`nndsl serve`."""

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from pathlib import Path

from nndsl.arguments import add_run, natural, positive, size
from nndsl.commands import Command
from nndsl.console import GOOD, tell
from nndsl.extras import need

PACKAGES = ("fastapi", "uvicorn", "fastapi_swagger", "prometheus_client")
LARGEST_PORT = 65535


def _port(text: str) -> int:
    found = natural(text)
    if found > LARGEST_PORT:
        raise ArgumentTypeError(f"`{text}` is not a port, a number up to {LARGEST_PORT}")
    return found


def _add_arguments(parser: ArgumentParser) -> None:
    add_run(parser)
    parser.add_argument("--network", metavar="NAME", help="which network, of a training with several")
    parser.add_argument("--host", metavar="ADDRESS", default="127.0.0.1", help="who can reach it (default: 127.0.0.1, this machine only)")
    parser.add_argument("--port", metavar="N", type=_port, default=8000, help="0 takes one that is free (default: 8000)")
    parser.add_argument("--max-body", metavar="SIZE", type=size, default=10_000_000, help="how large a request may be (default: 10MB)")
    parser.add_argument("--max-batch", metavar="N", type=positive, default=1000, help="how many rows a request may have (default: 1000)")
    parser.add_argument("--recipe", metavar="DIR", type=Path, help="serve nothing; write what a container needs to do so")


def _run(options: Namespace) -> int:
    from nndsl.run import Run

    if options.recipe is not None:
        from nndsl.backend.keras.evaluate import Answerer
        from nndsl.serving.recipe import write

        run = Run.open(options.folder)
        Answerer(run, options.network)  # a container of a run that cannot be asked is not built
        for line in write(run, options.recipe, options.network):
            print(line)
        return GOOD
    for package in PACKAGES:
        need("`nndsl serve`", package, "serve")
    run = Run.open(options.folder)
    from nndsl.serving.server import address, is_loopback, listening, serve

    with listening(options.host, options.port) as listener:
        from nndsl.backend.keras.evaluate import Answerer
        from nndsl.serving.app import app
        from nndsl.serving.service import Service

        service = Service(Answerer(run, options.network), options.max_batch)
        if not is_loopback(options.host):
            tell("warning: whoever reaches this machine can ask, as there is no password; put a proxy before it that has one")
        print(f"{service.name} is served at {address(listener)} (docs: {address(listener)}/docs); Ctrl-C ends it", flush=True)
        serve(app(service, options.max_body), listener)
    return GOOD


COMMAND = Command(
    "serve a trained network over HTTP, with an OpenAPI page",
    """\
  nndsl serve runs/penguinspecies/latest
  nndsl serve runs/penguinspecies/latest --port 8080 --max-body 1MB --max-batch 100
  nndsl serve runs/penguinspecies/latest --recipe container
""",
    _add_arguments, _run,
    more="""\
POST /predict takes {"rows": [{...}]} with the columns of the data, or a CSV file, a FASTA file or an image where the network
learnt from such; /docs says more, /health and /metrics are for machines. It needs the extra `serve`: pip install 'nndsl[serve]'.""",
)
