"""The gallery is what `python -m docs.gallery` draws."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from docs import gallery


@pytest.fixture(scope="module")
def pages() -> Mapping[Path, str]:
    return gallery.pages()


def test_the_gallery_is_current(pages: Mapping[Path, str]) -> None:
    stale = [path.name for path, text in pages.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    assert not stale, "run `python -m docs.gallery`"
    assert set(gallery.FOLDER.glob("*.svg")) == {path for path in pages if path.suffix == ".svg"}


def test_every_network_of_specs_is_in_it_with_its_parameters(pages: Mapping[Path, str]) -> None:
    page = pages[gallery.DOCS / "gallery.md"]
    for path, networks in gallery.networks().items():
        for name in networks:
            assert f"**{name}** · " in page and f'src="gallery/{path.stem}.{name}.svg"' in page
    assert "**ResNet50** · 25.6M parameters · 7.76G FLOPs" in page


def test_the_gallery_is_small_enough_to_keep_with_the_code(pages: Mapping[Path, str]) -> None:
    assert sum(len(text.encode()) for text in pages.values()) < 3_000_000
