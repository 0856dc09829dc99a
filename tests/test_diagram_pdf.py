"""Pictures as PDF: of the size of the SVG, with lines and texts and their fonts, the same every time."""

import re
import zlib
from xml.etree import ElementTree

import pytest

from nndsl import diagram
from nndsl.diagram import typeset
from tests.graphs import GraphBuilder
from tests.networks import chain, resnet

pytest.importorskip("typst", reason="PDF is written by the package typst, which is not installed")


def page(content: bytes) -> tuple[float, float]:
    """The width and height of the only page."""
    (box,) = re.findall(rb"/MediaBox ?\[([^]]*)\]", content)
    _, _, width, height = map(float, box.split())
    return width, height


def streams(content: bytes) -> str:
    found = []
    for packed in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL):
        try:
            found.append(zlib.decompress(packed))
        except zlib.error:
            found.append(packed)
    return b"\n".join(found).decode("latin-1")


def letters(content: bytes) -> set[str]:
    """What the texts of a document can be read as: the letters that its fonts are said to show."""
    return {chr(int(code, 16)) for code in re.findall(r"<[0-9a-fA-F]{4}> <([0-9a-fA-F]{4})>", streams(content))}


@pytest.mark.parametrize("dark", [False, True])
def test_a_page_is_as_large_as_the_picture(dark: bool) -> None:
    root = ElementTree.fromstring(diagram.svg(resnet(), dark))
    size = tuple(float(root.attrib[side]) * 0.75 for side in ("width", "height"))
    assert page(diagram.pdf(resnet(), dark)) == pytest.approx(size, abs=0.02)


def test_texts_are_texts_and_their_fonts_are_in_it() -> None:
    content = diagram.pdf(resnet())
    assert content.startswith(b"%PDF-")
    for font in (b"Inter-Regular", b"Inter-SemiBold", b"JetBrainsMono-Regular"):
        assert font in content
    assert content.count(b"/FontFile") == content.count(b"/ToUnicode") == 3
    assert b"/Subtype/Image" not in content.replace(b" ", b"")
    assert set("Conv2D×ReLU".lower()) <= {one.lower() for one in letters(content)}


def test_the_ground_is_dark_if_asked() -> None:
    assert diagram.pdf(resnet()) != diagram.pdf(resnet(), dark=True)


def test_the_same_network_gives_the_same_bytes() -> None:
    assert diagram.pdf(chain()) == diagram.pdf(chain())


def test_a_page_is_no_longer_than_a_page_may_be(monkeypatch: pytest.MonkeyPatch) -> None:
    wide, high = page(diagram.pdf(chain()))
    monkeypatch.setattr(typeset, "LONGEST", high / 2)
    assert page(diagram.pdf(chain())) == pytest.approx((wide / 2, high / 2), abs=0.02)


def title(content: bytes) -> str:
    written = re.search(rb"/Title ?(?:<FEFF([0-9A-F]*)>|\((.*?)\)(?=\s*/))", content)
    assert written
    if written[1]:
        return bytes.fromhex(written[1].decode()).decode("utf-16-be")
    return re.sub(rb"\\(.)", rb"\1", written[2]).decode("latin-1")


@pytest.mark.parametrize("name", ['#eval("1")', '$x$ *bold* \\ " ]', "漢字"])
def test_names_are_told_and_not_obeyed(name: str) -> None:
    built = GraphBuilder()
    assert title(diagram.pdf(built.network(name, y=built.input("x", 4)))) == name
