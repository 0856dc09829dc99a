"""Draws the gallery: `python -m docs.gallery` writes gallery.md, and beside this module a picture of every network of specs/.

A test keeps both current. The pictures name their fonts and hold none; every text has its measured width, so that it fits into
its box in whatever font there is.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from nndsl import api, costs, diagram
from nndsl.comparison.changes import compared
from nndsl.comparison.picture import svg as changes_svg
from nndsl.diagram.wording import count_text
from nndsl.program import Network

FOLDER = Path(__file__).parent
DOCS = FOLDER.parent
ROOT = DOCS.parent
LARGEST = 120_000
"""A picture with its blocks open may have so many bytes; of larger ones, they are closed."""
HIGH = 260
"""How high a picture is shown on the page, in pixels."""
TRAININGS = {"gan": "gan/gan.nn", "vae": "autoencoder/vae.nn", "wgan": "dna_gan/dna_gan.nn", "penguins": "penguins/penguins.nn"}
"""Trainings of examples/ that are drawn, too."""
BEGIN = """\
# Gallery

<!-- Written by `python -m docs.gallery`: change the code, not this page. -->

Every network of `specs/`, drawn by `nndsl render FILE NAME -o NAME.svg`; the largest with `--detail overview`. A click
opens the picture. [Pictures of trainings, and of two versions of a network](diff.md) have a page of their own.
"""


def networks() -> dict[Path, Mapping[str, Network]]:
    """The networks of each file of specs/."""
    return {path: api.load(path).checked.networks for path in sorted((ROOT / "specs").glob("*.nn"))}


def pages() -> dict[Path, str]:
    """The page and all pictures, as they should be."""
    found = networks()
    pictures = {_place(path, name): picture(one) for path, several in found.items() for name, one in several.items()}
    return {DOCS / "gallery.md": "".join(_page(found)), **pictures, **dict(_of_trainings()), FOLDER / "diff.svg": _difference()}


def picture(network: Network) -> str:
    """A network with its blocks open, or closed if that is too much for a page."""
    whole = diagram.svg(network)
    return whole if len(whole.encode()) <= LARGEST else diagram.svg(network, detail="overview")


def _place(path: Path, name: str) -> Path:
    return FOLDER / f"{path.stem}.{name}.svg"


def _of_trainings() -> Iterator[tuple[Path, str]]:
    for name, file in TRAININGS.items():
        yield FOLDER / f"training_{name}.svg", api.load(ROOT / "examples" / file).training_svg()


def _difference() -> str:
    """ResNet-20 with another number of blocks, and dropout before its last layer."""
    file = ROOT / "specs" / "resnet20.nn"
    text = file.read_text(encoding="utf-8")
    new = text.replace("n=3", "n=4").replace("-> Dense(classes", "-> Dropout(0.2) -> Dense(classes")
    assert new.count("Dropout") == 1
    return changes_svg(compared(api.loads(text).checked.network(), api.loads(new).checked.network()))


def _page(found: Mapping[Path, Mapping[str, Network]]) -> Iterator[str]:
    yield f"{BEGIN}\n| | |\n|---|---|\n"
    for path, several in found.items():
        for name, network in several.items():
            shown = f"gallery/{path.stem}.{name}.svg"
            image = f'<a href="{shown}"><img src="{shown}" height="{HIGH}" alt="{name}"></a>'
            yield f"| {image} | **{name}** · {_costs(network)}<br>{network.documentation}<br>[{path.stem}.nn](../specs/{path.name}) |\n"


def _costs(network: Network) -> str:
    params, flops = costs.params(network.graph), costs.flops(network.graph)
    return f"{count_text(params)} parameters" + (f" · {count_text(flops)} FLOPs" if isinstance(flops, int) else "")


def main() -> None:
    written = pages()
    for old in set(FOLDER.glob("*.svg")) - set(written):
        old.unlink()
    for path, text in written.items():
        path.write_text(text, encoding="utf-8", newline="\n")
    print(f"{DOCS / 'gallery.md'} and {len(written) - 1} pictures, {sum(len(text.encode()) for text in written.values()):,} bytes")
