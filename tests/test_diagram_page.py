"""The page that `render` writes as HTML, as a text: self-contained, closed to the network, complete, and safe from what it shows."""

import json
import re
from base64 import b64encode
from collections.abc import Iterator
from hashlib import sha256
from html.parser import HTMLParser
from typing import Any

import pytest

from nndsl import api, diagram
from nndsl.diagram.figure import Card, Frame, Item, figure
from nndsl.program import Network
from tests.networks import KNOWN, resnet

HOSTILE = '</script><script>alert(1)</script><!-- {{data}} &lt;"\\u2028'


class Page(HTMLParser):
    """The elements of a page, with the texts of scripts and styles."""

    def __init__(self, html: str):
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {"script": [], "style": [], "title": []}
        self.inside = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.inside = tag
        if tag in self.texts:
            self.texts[tag].append("")

    def handle_endtag(self, tag: str) -> None:
        self.inside = ""

    def handle_data(self, data: str) -> None:
        if self.inside in self.texts:
            self.texts[self.inside][-1] += data

    @property
    def data(self) -> Any:
        return json.loads(self.texts["script"][0])

    @property
    def policy(self) -> dict[str, str]:
        meta = next(one for tag, one in self.elements if tag == "meta" and one.get("http-equiv") == "Content-Security-Policy")
        parts = (part.strip().partition(" ") for part in str(meta["content"]).split(";"))
        return {name: value for name, _, value in parts}


def hostile() -> Network:
    escaped = HOSTILE.replace("\\", "\\\\").replace('"', '\\"')
    return api.loads(f'network Net {{\n  "{escaped}"\n  input x: float[3]\n  # {HOSTILE}\n  output y = x -> Dense(2)\n}}\n').checked.network()


def everything(members: list[Any]) -> Iterator[Any]:
    """All items of a page, each of several equal ones for itself."""
    for item in members:
        if item["repeats"]:
            yield from everything(item["repeats"])
        else:
            yield item
            yield from everything(item.get("members", []))


def parts(members: tuple[Item, ...]) -> Iterator[Item]:
    for item in members:
        yield item
        if isinstance(item, Frame):
            yield from parts(item.members)


def test_the_page_names_nothing_outside_of_itself() -> None:
    html = diagram.html(resnet())
    assert not re.findall(r"https?://|//[a-z]+\.", html)
    for tag, attributes in Page(html).elements:
        assert "src" not in attributes and "srcset" not in attributes, tag
        assert str(attributes.get("href") or "data:").startswith("data:"), tag
    assert set(re.findall(r"url\((\w+:)", html)) == {"data:"}


def test_its_policy_forbids_every_request_and_every_script_but_its_own() -> None:
    page = Page(diagram.html(resnet()))
    assert page.policy["default-src"] == "'none'"
    assert "connect-src" not in page.policy and "unsafe" not in str(page.policy)
    for name, text in (("script-src", page.texts["script"][1]), ("style-src", page.texts["style"][0])):
        assert page.policy[name] == f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"


def test_what_a_file_says_cannot_become_a_part_of_the_page() -> None:
    page, plain = Page(diagram.html(hostile())), Page(diagram.html(resnet()))
    assert [tag for tag, _ in page.elements] == [tag for tag, _ in plain.elements]
    assert page.data["about"] == HOSTILE.replace("\\u2028", "\u2028") or page.data["about"] == HOSTILE
    assert "&lt;/script&gt;" in page.data["sources"][0]["lines"][3]


def test_no_attribute_holds_a_script_or_a_style() -> None:
    page = Page(diagram.html(resnet()))
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on") or name == "style"]


@pytest.mark.parametrize("name", KNOWN)
def test_every_card_and_block_of_the_full_detail_is_in_it(name: str) -> None:
    page = Page(diagram.html(KNOWN[name]))
    full = list(parts(figure(KNOWN[name], "full").members))
    found = list(everything(page.data["members"]))
    assert sorted(one["title"] for one in found) == sorted(one.title if isinstance(one, Card) else one.name for one in full)
    calls = {line.partition(":")[0] for one in found for line in one["calls"]}
    assert calls == {node.name for one in full if isinstance(one, Card) for node in one.nodes}


def test_cards_look_as_they_do_in_the_picture() -> None:
    drawn = set(re.findall(r"<text [^>]*>([^<]*)</text>", diagram.svg(resnet())))
    shapes = "".join(Page(diagram.html(resnet())).data["shapes"])
    titles = set(re.findall(r"<text [^>]*>([^<]*)</text>", shapes))
    assert {"Conv2D", "3×3, 16", "BN", "relu", "label"} <= titles & drawn


def test_what_is_asked_about_a_card_is_said() -> None:
    text = "network Net {\n  input x: float[3]\n  output y = x -> Dense(4, activation=relu)\n}\n"
    page = Page(diagram.html(api.loads(text, name="folder/net.nn").checked.network()))
    dense = page.data["members"][1]
    rows = {"name": "dense", "input": "float[3]", "output": "float[4]", "params": "16", "FLOPs": "32"}
    assert dict(dense["rows"]) == rows
    assert dense["lines"] == [[0, 3, 3]] and page.data["sources"][0]["name"] == "folder/net.nn"
    assert dense["calls"] == ["dense: Dense(units=4, activation=relu) → float[4]"]


def test_blocks_of_other_files_bring_their_sources() -> None:
    text = 'from "std/blocks.nn" import Residual\n\nnetwork Net {\n  input x: float[8, 8, 4]\n  output y = x -> Residual(4)\n}\n'
    data = Page(diagram.html(api.loads(text).checked.network())).data
    assert [one["name"].rpartition("/")[2] for one in data["sources"]] == ["<text>", "blocks.nn"]
    block = next(one for one in data["members"] if one.get("members"))
    assert block["lines"] == [[0, 5, 5]]
    assert all(card["lines"][0][0] == 1 and [0, 5, 5] in card["through"] for card in block["members"] if "members" not in card)


def test_the_theme_and_what_is_shown_first_are_as_asked() -> None:
    assert '<html lang="en">' in diagram.html(resnet())
    page = diagram.html(resnet(), dark=True, detail="overview", direction="right")
    assert '<html lang="en" data-theme="dark">' in page
    assert (Page(page).data["detail"], Page(page).data["direction"]) == ("overview", "right")


def test_the_same_network_gives_the_same_page() -> None:
    assert diagram.html(resnet()) == diagram.html(resnet())
