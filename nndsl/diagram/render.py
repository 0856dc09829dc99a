"""From a scene to SVG, and to PNG through it."""

from collections.abc import Iterator
from hashlib import sha256
from html import escape

from nndsl.diagram.draw import shapes
from nndsl.diagram.measure import FONT_FILES, has_glyphs
from nndsl.diagram.pieces import Point
from nndsl.diagram.scene import Circle, Group, Line, Rectangle, Scene, Shape, Stripe, Text
from nndsl.diagram.theme import GROUND, SANS, style_of

FAMILIES = {
    "regular": SANS,
    "bold": SANS,
    "mono": "'JetBrains Mono',ui-monospace,monospace",
}
BEND = 7.0
HEAD_LENGTH, HEAD_HALF = 7.0, 4.0
MOST_PIXELS = 60_000_000


def to_svg(scene: Scene, dark: bool = False) -> str:
    """The scene as one self-contained SVG document; the same scene gives the same text."""
    body = "\n".join(line for group in scene.groups for line in _group(group, "PREFIX"))
    prefix = "n" + sha256((scene.title + body + str(dark)).encode()).hexdigest()[:8]
    width, height = _number(scene.width), _number(scene.height)
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="{prefix}-t {prefix}-d">',
            f'<title id="{prefix}-t">{_escaped(scene.title)}</title>',
            f'<desc id="{prefix}-d">{_escaped(scene.description)}</desc>',
            f"<style>{''.join(_rules(scene, prefix, dark))}</style>",
            f'<rect width="{width}" height="{height}" fill="{GROUND[dark]}"/>',
            body.replace("PREFIX-", f"{prefix}-"),
            "</svg>\n",
        )
    )


def to_png(svg: str, scale: float = 2.0) -> bytes:
    """An SVG of ours as PNG, with the fonts that come with nndsl; the system's are looked for only where those lack a letter.

    Args:
        scale: pixels for each unit of the SVG; made smaller where the picture would have more than 60 million pixels.
    """
    from xml.etree import ElementTree

    import resvg_py

    root = ElementTree.fromstring(svg)
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    scale = min(scale, (MOST_PIXELS / (width * height)) ** 0.5)
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg,
            width=max(1, round(width * scale)),
            height=max(1, round(height * scale)),
            font_files=list(FONT_FILES),
            skip_system_fonts=has_glyphs("".join(root.itertext()).replace("\n", "")),
            sans_serif_family="Inter",
            monospace_family="JetBrains Mono",
        )
    )


def _rules(scene: Scene, prefix: str, dark: bool) -> Iterator[str]:
    """The styles of the roles that occur, each with the prefix of this document."""
    roles = sorted({role for shape in shapes(scene.groups) for role in roles_of(shape)})
    for role in roles:
        yield f".{prefix}-{role}{{{role_style(role, dark)}}}"
    for style in sorted({shape.style for shape in shapes(scene.groups) if isinstance(shape, Text)}):
        weight = ";font-weight:600" if style == "bold" else ""
        yield f".{prefix}-{style}{{font-family:{FAMILIES[style]}{weight}}}"


def role_style(role: str, dark: bool) -> str:
    """The style of a role, as CSS; those that only pictures have among them."""
    if role == "sign":
        return f"{style_of('wire', dark).split(';')[0]};stroke:{style_of('strong', dark).partition(':')[2]};stroke-width:1.8"
    return style_of(role, dark)


def roles_of(shape: Shape) -> tuple[str, ...]:
    return (shape.role, _head_role(shape)) if isinstance(shape, Line) and shape.arrow else (shape.role,)


def _head_role(line: Line) -> str:
    """The role of the arrow head of a wire."""
    return "head" + line.role.removeprefix("wire")


def _group(group: Group, prefix: str) -> Iterator[str]:
    if not group.title:
        yield from (shape_svg(shape, prefix) for shape in group.shapes)
        return
    key = f' data-nodes="{_escaped(group.key)}"' if group.key else ""
    yield f"<g{key}><title>{_escaped(group.title)}</title>"
    yield from (shape_svg(shape, prefix) for shape in group.shapes)
    yield "</g>"


def shape_svg(shape: Shape, prefix: str) -> str:
    """A shape, with classes that begin with a prefix."""
    match shape:
        case Rectangle():
            return (
                f'<rect class="{prefix}-{shape.role}" x="{_number(shape.x)}" y="{_number(shape.y)}" '
                f'width="{_number(shape.width)}" height="{_number(shape.height)}" rx="{_number(shape.radius)}"/>'
            )
        case Stripe():
            return f'<path class="{prefix}-{shape.role}" d="{_stripe(shape)}"/>'
        case Circle():
            place = f'cx="{_number(shape.x)}" cy="{_number(shape.y)}" r="{_number(shape.radius)}"'
            return f'<circle class="{prefix}-{shape.role}" {place}/>'
        case Line():
            return _line(shape, prefix)
        case Text():
            return _text(shape, prefix)


def _stripe(shape: Stripe) -> str:
    x, y, right, bottom, r = shape.x, shape.y, shape.x + shape.width, shape.y + shape.height, shape.radius
    return (
        f"M{_number(right)} {_number(y)}V{_number(bottom)}H{_number(x + r)}A{r:g} {r:g} 0 0 1 {_number(x)} {_number(bottom - r)}"
        f"V{_number(y + r)}A{r:g} {r:g} 0 0 1 {_number(x + r)} {_number(y)}Z"
    )


def _text(text: Text, prefix: str) -> str:
    if not text.text:
        return ""
    anchor = f' text-anchor="{text.anchor}"' if text.anchor != "start" else ""
    fitted = f' textLength="{_number(text.width)}" lengthAdjust="spacingAndGlyphs"' if text.width else ""
    return (
        f'<text class="{prefix}-{text.role} {prefix}-{text.style}" x="{_number(text.x)}" y="{_number(text.y)}" '
        f'font-size="{text.size:g}"{anchor}{fitted}>{_escaped(text.text)}</text>'
    )


def _line(line: Line, prefix: str) -> str:
    path = f'<path class="{prefix}-{line.role}" d="{_path(_shortened(line.points) if line.arrow else line.points)}"/>'
    return path + (f'<path class="{prefix}-{_head_role(line)}" d="{_head(line.points)}"/>' if line.arrow else "")


def _path(points: tuple[Point, ...]) -> str:
    """A line with its corners rounded."""
    parts = [f"M{_point(points[0])}"]
    for before, corner, after in zip(points, points[1:], points[2:], strict=False):
        bend = min(BEND, _distance(before, corner) / 2, _distance(corner, after) / 2)
        parts.append(f"L{_point(_towards(corner, before, bend))}Q{_point(corner)} {_point(_towards(corner, after, bend))}")
    return "".join([*parts, f"L{_point(points[-1])}"])


def _shortened(points: tuple[Point, ...]) -> tuple[Point, ...]:
    return (*points[:-1], _towards(points[-1], points[-2], HEAD_LENGTH - 1))


def _head(points: tuple[Point, ...]) -> str:
    """The arrow head at the end of a line, as a triangle."""
    tip, base = points[-1], _towards(points[-1], points[-2], HEAD_LENGTH)
    length = _distance(tip, base) or 1.0
    across = ((base[1] - tip[1]) / length * HEAD_HALF, (tip[0] - base[0]) / length * HEAD_HALF)
    one, other = (base[0] + across[0], base[1] + across[1]), (base[0] - across[0], base[1] - across[1])
    return f"M{_point(tip)}L{_point(one)}L{_point(other)}Z"


def _towards(start: Point, goal: Point, distance: float) -> Point:
    share = min(1.0, distance / (_distance(start, goal) or 1.0))
    return start[0] + (goal[0] - start[0]) * share, start[1] + (goal[1] - start[1]) * share


def _distance(one: Point, other: Point) -> float:
    return float(((one[0] - other[0]) ** 2 + (one[1] - other[1]) ** 2) ** 0.5)


def _point(point: Point) -> str:
    return f"{_number(point[0])} {_number(point[1])}"


def _number(value: float) -> str:
    """A number in at most two decimals, the same on every machine."""
    text = f"{value:.2f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text


def _escaped(text: str) -> str:
    """Text for XML; control characters, which XML cannot hold, become question marks."""
    return "".join(one if one >= " " or one in "\n\t" else "?" for one in escape(text))
