"""PDF from an SVG of ours: lines stay lines, texts can be selected and searched, and the fonts are in it."""

from xml.etree import ElementTree

from nndsl.diagram.measure import FONTS, has_glyphs

POINTS = 0.75
"""Points for each unit of the SVG: a unit is a ninety-sixth of an inch."""
LONGEST = 14_400.0
"""Points that a side of a page may have at most."""
DOCUMENT = """\
#set document(title: sys.inputs.title, date: none)
#set page(width: float(sys.inputs.width) * 1pt, height: float(sys.inputs.height) * 1pt, margin: 0pt)
#image(bytes(sys.inputs.svg), format: "svg", width: 100%, alt: sys.inputs.about)
"""


def to_pdf(svg: str) -> bytes:
    """An SVG of ours as a PDF of one page, as large as the picture; the same SVG gives the same bytes.

    The fonts are those that come with nndsl; the system's are looked for only where those lack a letter.
    """
    import typst

    root = ElementTree.fromstring(svg)
    title, about = ("".join(element.itertext()) for element in (root[0], root[1]))
    width, height = (float(root.attrib[side]) * POINTS for side in ("width", "height"))
    scale = min(1.0, LONGEST / max(width, height))
    said = {"title": title, "about": about, "svg": svg, "width": f"{width * scale:.3f}", "height": f"{height * scale:.3f}"}
    known = has_glyphs("".join(root.itertext()).replace("\n", ""))
    fonts = typst.Fonts(include_system_fonts=not known, include_embedded_fonts=False, font_paths=[str(FONTS)])
    return typst.compile(DOCUMENT.encode(), sys_inputs=said, font_paths=fonts, format="pdf")
