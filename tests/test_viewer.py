"""The page that `render` writes as HTML, in a browser, used as a person uses it."""

import json
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nndsl import api, diagram
from nndsl.diagram.figure import Detail, figure
from nndsl.diagram.layout import Direction, lay_out
from nndsl.diagram.page import HERE, SCRIPTS, figure_data
from nndsl.program import Network
from tests.drawn import on_small_pages
from tests.networks import KNOWN, encoders, networks

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

TOWER = """\
# A tower of three floors.
from "std/blocks.nn" import Residual

block Stairs(width) {
  input x: [C]
  output y = x -> Dense(width, activation=relu) -> Dense(C)
}

block Floor(width) {
  "</script><b>not bold</b>"
  input x: [C]
  h = x -> LayerNorm -> Stairs(width)
  output y = x + h
}

network Tower {
  input x: float[16]
  h = x -> Floor(64) * 3
  output level = h -> Dense(5, activation=softmax)
}
"""
DETAILS: tuple[Detail, ...] = ("full", "blocks", "overview")


@pytest.fixture(scope="module")
def browser() -> "Iterator[Browser]":
    sync = pytest.importorskip("playwright.sync_api", reason="pages are tested in a browser by the package playwright, which is not installed")
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("pages are tested in Chromium, which is not installed")
    with sync.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program)
        yield started
        started.close()


class Opened:
    """A page in a tab, and what it has asked for and complained about."""

    def __init__(self, browser: "Browser", path: Path, html: str, **settings: Any):
        path.write_text(html, encoding="utf-8")
        self.context = browser.new_context(viewport={"width": 1400, "height": 900}, **settings)
        self.page: Page = self.context.new_page()
        self.requests: list[str] = []
        self.complaints: list[str] = []
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("dialog", lambda dialog: self.complaints.append(f"a dialog: {dialog.message}"))
        self.address = path.as_uri()
        self.page.goto(self.address)
        self.page.wait_for_selector("html.ready")

    def close(self) -> None:
        """Close the tab. It must have asked for nothing but itself (and what it holds), and not have complained."""
        self.context.close()
        assert {url for url in self.requests if not url.startswith("data:")} == {self.address}
        assert self.complaints == []

    # What a person sees

    def item(self, name: str, number: int = 0) -> "Locator":
        return self.page.locator(f'.item[aria-label^="{name}"]').nth(number)

    def names(self) -> list[str]:
        """The first words of what is shown, in no order."""
        labels: list[str] = self.page.locator(".item").evaluate_all("all => all.map(one => one.getAttribute('aria-label').split(',')[0])")
        return sorted(labels)

    def marked(self, kind: str) -> list[str]:
        found: list[str] = self.page.locator(f".item.{kind}").evaluate_all("all => all.map(one => one.getAttribute('aria-label').split(',')[0])")
        return found

    def lines(self, kind: str = "marked") -> list[int]:
        return [int(one) for one in self.page.locator(f".line.{kind}").evaluate_all("all => all.map(one => one.dataset.line)")]

    def tip(self) -> str:
        self.page.wait_for_selector("#tip.shown")
        return self.page.locator("#tip").inner_text()

    def focused(self) -> str:
        label: str = self.page.evaluate("document.activeElement.getAttribute('aria-label') ?? document.activeElement.id")
        return label.split(",")[0]

    def place(self, name: str, number: int = 0) -> tuple[float, float]:
        box = self.item(name, number).bounding_box()
        assert box is not None
        return box["x"], box["y"]

    def zoom(self) -> int:
        return int(self.page.locator("#whole").inner_text().rstrip(" %"))

    def ground(self) -> int:
        """How bright the page is, from 0 to 255."""
        colour = self.page.evaluate("getComputedStyle(document.body).backgroundColor")
        return int(re.findall(r"\d+", colour)[0])


@pytest.fixture
def opened(browser: "Browser", tmp_path: Path) -> Iterator[Opened]:
    one = Opened(browser, tmp_path / "tower.html", diagram.html(api.loads(TOWER, name="tower.nn").checked.network()))
    yield one
    one.close()


# The layout --------------------------------------------------------------------------------------

LAYOUT = SCRIPTS[: SCRIPTS.index("layout.js") + 1]
PLACES = """
function places(data) {
  const figure = JSON.parse(data), all = [], found = {};
  const take = (item) => {
    all.push(item);
    item.repeats.forEach(take);
    if (item.members && !item.members.length) item.members = item.repeats[0].members;
    else item.members?.forEach(take);
  };
  figure.members.forEach(take);
  for (const detail of ["full", "blocks", "overview"]) {
    const closed = new Set(detail === "overview" ? figure.members.filter((one) => one.members) : []);
    const apart = new Set(detail === "full" ? all.filter((one) => one.repeats.length) : []);
    const layout = layOut(figure, { closed, apart });
    const boxes = layout.seats.filter((one) => one.vertex.item).map((one) => boxOf(figure.direction, one));
    const wires = layout.wires.map(({ points }) => points.flatMap((point) => drawn(figure.direction, point)));
    found[detail] = [boxes.map(({ x, y, width, height }) => [x, y, width, height]), wires];
  }
  return found;
}
"""


@pytest.fixture(scope="module")
def workshop(browser: "Browser") -> "Iterator[Page]":
    """A page with the scripts of the layout, and nothing to look at."""
    page = browser.new_page()
    page.add_script_tag(content="\n".join([*((HERE / name).read_text(encoding="utf-8") for name in LAYOUT), PLACES]))
    yield page
    page.close()


def check_places(network: Network, direction: Direction, workshop: "Page") -> None:
    found = workshop.evaluate("data => places(data)", json.dumps(figure_data(network, "blocks", direction)))
    for detail in DETAILS:
        layout = lay_out(figure(network, detail), direction)
        boxes = [list(layout.box(seat)) for seat in layout.seats if seat.vertex in layout.items]
        wires = [[number for point in points for number in layout.drawn(point)] for _, points in layout.wires]
        check_near(found[detail][0], boxes)
        check_near(found[detail][1], wires)


def check_near(found: list[list[float]], expected: list[list[float]]) -> None:
    """The same lists of numbers, in any order, to a hundredth of a pixel."""
    assert len(found) == len(expected)
    left = list(expected)
    for one in found:
        same = next((other for other in left if len(other) == len(one) and max(map(lambda a, b: abs(a - b), one, other)) < 0.011), None)
        assert same is not None, one
        left.remove(same)


@pytest.mark.parametrize("direction", ["down", "right"])
@pytest.mark.parametrize("name", KNOWN)
def test_everything_stands_where_the_picture_has_it(name: str, direction: Direction, workshop: "Page") -> None:
    check_places(KNOWN[name], direction, workshop)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(networks())
def test_any_network_is_laid_out_as_in_python(workshop: "Page", network: Network) -> None:
    check_places(network, "down", workshop)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])
@given(st.one_of(encoders(), networks()))
def test_any_network_is_laid_out_as_in_python_on_small_pages(workshop: "Page", network: Network) -> None:
    with on_small_pages():
        check_places(network, "down", workshop)


CARDS = """() => [...document.querySelectorAll("#picture .n-card")].map((card) => {
  const by = card.closest("g[transform]").transform.baseVal.consolidate().matrix;
  return [card.x.baseVal.value + by.e, card.y.baseVal.value + by.f, card.width.baseVal.value, card.height.baseVal.value];
})"""


def test_what_is_drawn_is_what_the_svg_shows(opened: Opened) -> None:
    for detail in DETAILS:
        opened.page.locator(f'[data-detail="{detail}"]').click()
        svg = ElementTree.fromstring(diagram.svg(api.loads(TOWER).checked.network(), detail=detail))
        cards = [one for one in svg.iter("{http://www.w3.org/2000/svg}rect") if one.get("class", "").endswith("-card")]
        expected = [[float(one.attrib[name]) for name in ("x", "y", "width", "height")] for one in cards]
        found = opened.page.evaluate(CARDS)
        dx, dy = (expected[0][axis] - found[0][axis] for axis in (0, 1))
        check_near([[x + dx, y + dy, wide, high] for x, y, wide, high in found], expected)


# Blocks ------------------------------------------------------------------------------------------


def test_a_click_on_its_name_closes_a_block_and_another_click_opens_it(opened: Opened) -> None:
    before, place = opened.names(), opened.place("x")
    opened.item("Stairs").get_by_text("Stairs").click()
    assert "Dense 64 · relu" not in opened.names() and "Stairs 2 layers" in opened.names()
    assert opened.item("Stairs").get_attribute("aria-expanded") == "false"
    opened.item("Stairs").click()
    assert opened.names() == before and opened.place("x") == pytest.approx(place, abs=0.1)
    assert opened.item("Stairs").get_attribute("aria-expanded") == "true"


def test_a_block_that_is_closed_stays_under_the_hand(opened: Opened) -> None:
    place = opened.place("Stairs")
    opened.item("Stairs").get_by_text("Stairs").click()
    assert opened.place("Stairs")[1] == pytest.approx(place[1], abs=6)


def test_equal_blocks_are_shown_one_by_one_and_folded_again(opened: Opened) -> None:
    folded = opened.names()
    opened.page.locator(".n-badge").click()
    assert opened.names().count("Floor 4 layers") == 3
    assert opened.page.locator(".together").all_text_contents() == ["1 of 3", "2 of 3", "3 of 3"]
    opened.item("Stairs", 1).get_by_text("Stairs").click()
    assert opened.names().count("Dense 64 · relu") == 2
    opened.page.locator(".together").nth(2).click()
    assert opened.names() == folded


def test_the_three_details_are_buttons_that_say_which_is_shown(opened: Opened) -> None:
    shown = {}
    for detail in DETAILS:
        opened.page.locator(f'[data-detail="{detail}"]').click()
        assert opened.page.locator('[data-detail][aria-pressed="true"]').get_attribute("data-detail") == detail
        shown[detail] = len(opened.names())
    assert shown["full"] > shown["blocks"] > shown["overview"]
    opened.page.locator(".n-badge").click()
    assert opened.page.locator('[data-detail][aria-pressed="true"]').count() == 0


# Cards and source --------------------------------------------------------------------------------


def test_a_card_under_the_pointer_tells_what_it_is(opened: Opened) -> None:
    opened.item("Dense 5").hover()
    said = opened.tip()
    for words in ("5 · softmax", "name\tdense", "input\tfloat[16]", "output\tfloat[5]", "params\t85", "FLOPs\t180", "tower.nn, line 19", "units=5"):
        assert words in said
    opened.page.mouse.move(700, 880)
    opened.page.wait_for_selector("#tip:not(.shown)", state="hidden")


def test_the_tip_does_not_cover_its_card(opened: Opened) -> None:
    for width in (1400, 900, 600):
        opened.page.set_viewport_size({"width": width, "height": 900})
        opened.page.keyboard.press("0")
        opened.page.mouse.move(3, 3)
        opened.item("Dense 5").hover()
        opened.tip()
        card, tip = opened.item("Dense 5").bounding_box(), opened.page.locator("#tip").bounding_box()
        assert card and tip
        apart = tip["x"] > card["x"] + card["width"] or tip["x"] + tip["width"] < card["x"] or tip["y"] > card["y"] + card["height"]
        assert apart or tip["y"] + tip["height"] < card["y"]


def test_a_click_on_a_card_marks_the_lines_it_was_written_on(opened: Opened) -> None:
    opened.item("LayerNorm").click()
    assert opened.marked("selected") == ["LayerNorm"]
    assert (opened.lines(), opened.lines("around")) == ([12], [18])
    opened.page.mouse.click(1390, 890)
    assert (opened.marked("selected"), opened.lines()) == ([], [])


def test_a_click_on_a_line_marks_the_cards_it_makes(opened: Opened) -> None:
    opened.page.locator(".line").nth(5).click()
    assert opened.marked("made") == ["Dense 64 · relu", "Dense 16"]
    opened.item("Stairs").get_by_text("Stairs").click()
    opened.page.locator(".line").nth(5).click()
    assert opened.marked("made") == ["Stairs 2 layers"]
    opened.page.locator(".line").nth(17).click()
    assert opened.marked("made") == ["Floor 4 layers"]


def test_what_another_file_makes_is_shown_in_that_file(browser: "Browser", tmp_path: Path) -> None:
    text = 'from "std/blocks.nn" import Residual\n\nnetwork Net {\n  input x: float[8, 8, 4]\n  output y = x -> Residual(4)\n}\n'
    one = Opened(browser, tmp_path / "net.html", diagram.html(api.loads(text, name="net.nn").checked.network()))
    one.item("Conv2D").click()
    assert one.page.locator('#files [aria-selected="true"]').inner_text() == "blocks.nn"
    assert "Conv2D" in one.page.locator(".line.marked").first.inner_text()
    one.close()


# Searching ---------------------------------------------------------------------------------------


def test_cards_are_found_by_name_layer_and_shape(opened: Opened) -> None:
    for words, count in {"dense": 3, "float[64]": 2, "layer_norm": 1, "relu": 1, "nothing like it": 0}.items():
        opened.page.locator("#query").fill(words)
        assert len(opened.marked("found")) == count
        assert opened.page.locator("#count").inner_text() == (f"1 of {count}" if count else "none")


def test_matches_are_visited_in_turn_and_closed_blocks_are_opened_for_them(opened: Opened) -> None:
    opened.page.locator('[data-detail="overview"]').click()
    opened.page.keyboard.press("/")
    opened.page.keyboard.type("Dense(")
    visited = [opened.marked("current")]
    for key in ("Enter", "Enter", "Enter", "Shift+Enter"):
        opened.page.keyboard.press(key)
        visited.append(opened.marked("current"))
    assert visited == [["Dense 64 · relu"], ["Dense 16"], ["Dense 5 · softmax"], ["Dense 64 · relu"], ["Dense 5 · softmax"]]
    opened.page.keyboard.press("Escape")
    assert opened.marked("found") == [] and opened.focused() != "query"


def test_shapes_are_found_as_they_are_drawn(browser: "Browser", tmp_path: Path) -> None:
    one = Opened(browser, tmp_path / "net.html", diagram.html(KNOWN["residual blocks"]))
    for words in ("16×16×32", "16x16x32", "16, 16, 32"):
        one.page.locator("#query").fill(words)
        assert re.fullmatch(r"1 of \d+", one.page.locator("#count").inner_text())
    one.close()


# Keys --------------------------------------------------------------------------------------------


def test_the_tabulator_goes_through_the_picture_and_out_of_it(opened: Opened) -> None:
    opened.page.locator("#code").focus()
    visited = []
    for _ in range(10):
        opened.page.keyboard.press("Tab")
        visited.append(opened.focused())
    assert visited[:9] == ["x", "Floor 4 layers", "LayerNorm", "Stairs 2 layers", "Dense 64 · relu", "Dense 16", "+", "Dense 5 · softmax", "level"]
    assert visited[9] not in visited[:9]
    opened.page.keyboard.press("Shift+Tab")
    assert opened.focused() == "level"
    opened.page.keyboard.press("Shift+Tab")
    assert opened.focused() == "Dense 5 · softmax"


def test_arrows_go_to_the_neighbours_and_the_card_tells_what_it_is(opened: Opened) -> None:
    visited = []
    for key in ("ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowUp"):
        opened.page.keyboard.press(key)
        visited.append(opened.focused())
    assert visited == ["x", "Floor 4 layers", "LayerNorm", "Stairs 2 layers", "LayerNorm"]
    assert "LayerNorm" in opened.tip()


def test_enter_closes_and_opens_and_r_shows_repetitions(opened: Opened) -> None:
    opened.item("Floor").focus()
    opened.page.keyboard.press("Enter")
    assert "LayerNorm" not in opened.names() and opened.focused() == "Floor 4 layers"
    opened.page.keyboard.press("Enter")
    assert "LayerNorm" in opened.names()
    opened.page.keyboard.press("r")
    assert opened.names().count("Floor 4 layers") == 3 and opened.focused() == "Floor 4 layers"
    opened.page.keyboard.press("r")
    assert opened.names().count("Floor 4 layers") == 1 and opened.focused() == "Floor 4 layers"


def test_other_keys_do_what_the_list_of_keys_says(opened: Opened) -> None:
    page = opened.page
    page.keyboard.press("?")
    assert page.locator("#keys").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#keys").is_visible()
    page.keyboard.press("1")
    assert "LayerNorm" not in opened.names()
    page.keyboard.press("s")
    assert not page.locator("#source").is_visible()
    opened.item("Dense 5").focus()
    page.keyboard.press("s")
    page.keyboard.press("Space")
    assert opened.lines() == [19]
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    assert opened.lines() == []


def test_every_card_and_control_has_a_name(opened: Opened) -> None:
    opened.page.locator('[data-detail="full"]').click()
    for one in opened.page.locator("button:visible, input:visible, .item").all():
        assert one.get_attribute("aria-label") or one.inner_text().strip()


# Moving, zooming, light and dark -----------------------------------------------------------------


def test_the_wheel_zooms_about_the_pointer(opened: Opened) -> None:
    x, y = opened.place("LayerNorm")
    opened.page.mouse.move(x, y)
    before = opened.zoom()
    opened.page.mouse.wheel(0, -240)
    opened.page.wait_for_function(f"parseInt(document.getElementById('whole').textContent) > {before}")
    assert opened.place("LayerNorm") == pytest.approx((x, y), abs=2.5)


def test_dragging_moves_and_does_not_click(opened: Opened) -> None:
    x, y = opened.place("LayerNorm")
    opened.page.mouse.move(x + 20, y + 10)
    opened.page.mouse.down()
    opened.page.mouse.move(x + 80, y + 60, steps=4)
    opened.page.mouse.up()
    assert opened.place("LayerNorm") == pytest.approx((x + 60, y + 50), abs=1)
    assert opened.marked("selected") == []
    opened.item("LayerNorm").click()
    assert opened.marked("selected") == ["LayerNorm"]


def test_keys_and_buttons_zoom_and_show_everything(opened: Opened) -> None:
    start = opened.zoom()
    opened.page.keyboard.press("+")
    opened.page.locator("#larger").click()
    assert opened.zoom() == pytest.approx(start * 1.25**2, abs=2)
    opened.page.keyboard.press("-")
    assert opened.zoom() == pytest.approx(start * 1.25, abs=2)
    opened.page.keyboard.press("0")
    box, stage = opened.item("level").bounding_box(), opened.page.locator("#stage").bounding_box()
    assert box and stage and box["y"] + box["height"] <= stage["y"] + stage["height"]


def test_two_fingers_zoom(browser: "Browser", tmp_path: Path) -> None:
    one = Opened(browser, tmp_path / "net.html", diagram.html(KNOWN["residual blocks"]), has_touch=True)
    before, touch = one.zoom(), one.context.new_cdp_session(one.page)
    for kind, apart in (("touchStart", 40), ("touchMove", 60), ("touchMove", 90), ("touchMove", 120)):
        fingers = [{"x": 900 - apart, "y": 400, "id": 0}, {"x": 900 + apart, "y": 400, "id": 1}]
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    assert one.zoom() > 1.8 * before
    one.page.keyboard.press("0")
    one.item("Conv2D").tap()
    assert "3×3, 16" in one.tip() and one.marked("selected") == ["Conv2D 3×3"]
    one.close()


@pytest.mark.parametrize("preferred", ["light", "dark"])
def test_it_is_dark_if_the_reader_prefers_that_until_it_is_switched(browser: "Browser", tmp_path: Path, preferred: str) -> None:
    html = diagram.html(KNOWN["residual blocks"])
    one = Opened(browser, tmp_path / "net.html", html, color_scheme=preferred)
    assert (one.ground() < 50) == (preferred == "dark")
    colours = {one.page.evaluate("getComputedStyle(document.querySelector('.n-card')).fill")}
    one.page.locator("#toggle-dark").click()
    assert (one.ground() < 50) != (preferred == "dark")
    colours.add(one.page.evaluate("getComputedStyle(document.querySelector('.n-card')).fill"))
    assert colours == {"rgb(255, 255, 255)", "rgb(29, 35, 42)"}
    one.close()


# What could go wrong -----------------------------------------------------------------------------


def test_what_a_file_says_is_shown_as_text(opened: Opened) -> None:
    assert opened.page.locator("b").count() == 0
    assert "</script><b>not bold</b>" in opened.page.locator("#code").inner_text()


def test_the_policy_stops_what_should_not_be_there(opened: Opened) -> None:
    tried = opened.page.evaluate("""async () => {
      const answers = [];
      for (const act of [() => fetch("https://example.com/"), () => fetch("data:,x")]) answers.push(await act().then(() => "went", () => "refused"));
      const script = document.createElement("script");
      script.textContent = "window.foreign = true";
      document.body.append(script);
      return [...answers, window.foreign ?? "did not run"];
    }""")
    assert tried == ["refused", "refused", "did not run"]
    assert len(opened.complaints) >= 2
    opened.complaints.clear()
    opened.requests[:] = [opened.address]


def test_of_a_large_network_only_what_is_seen_is_on_the_page(browser: "Browser", tmp_path: Path) -> None:
    text = "network Long {\n  input x: float[8]\n  h = x\n" + "".join(f"  h = h -> Dense({8 + step % 7})\n" for step in range(400)) + "  output y = h\n}\n"
    one = Opened(browser, tmp_path / "long.html", diagram.html(api.loads(text, name="long.nn").checked.network()))
    assert 10 < len(one.names()) < 300
    one.page.locator("#query").fill("dense_377")
    assert one.marked("current")[0].startswith("Dense ")
    one.page.keyboard.press("Escape")
    one.page.keyboard.press("0")
    assert len(one.names()) == 402
    one.close()
