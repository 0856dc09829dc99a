"""Files that are read as sources, and those that cannot be."""

from pathlib import Path

import pytest

from nndsl.diagnostics import Diagnostic, UserError
from nndsl.syntax import reading
from nndsl.syntax.reading import read_source


def refusal(path: Path) -> Diagnostic:
    with pytest.raises(UserError) as caught:
        read_source(path, name=path.name)
    (only,) = caught.value.diagnostics
    return only


def test_a_file_is_read_as_text_without_its_byte_order_mark(tmp_path: Path) -> None:
    path = tmp_path / "net.nn"
    path.write_bytes(b"\xef\xbb\xbfh = 1 # \xc3\xa9\r\n")
    source = read_source(path)
    assert (source.text, source.name, source.path, source.folder()) == ("h = 1 # é\r\n", str(path), path, tmp_path)


def test_a_file_that_is_not_there_is_refused_with_the_name_that_may_be_meant(tmp_path: Path) -> None:
    (tmp_path / "resnet.nn").touch()
    found = refusal(tmp_path / "resnt.nn")
    assert (found.code, found.message) == ("NN101", "cannot read `resnt.nn`: there is no such file")
    assert found.repair == f"did you mean `{tmp_path / 'resnet.nn'}`?"


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert (refusal(tmp_path).code, refusal(tmp_path).repair) == ("NN101", "name a file in it")


def test_a_file_in_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "net.nn").touch()
    assert "not a folder" in refusal(tmp_path / "net.nn" / "net.nn").message


def test_a_name_that_no_file_can_have_is_refused() -> None:
    assert refusal(Path("net\x00.nn")).code == "NN101"


def test_a_file_too_large_to_be_one_of_ours_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LARGEST", 2**20)
    path = tmp_path / "net.nn"
    path.write_bytes(b"#" * (2**20 + 1))
    assert (refusal(path).code, "larger than 1 MiB" in refusal(path).message) == ("NN101", True)


@pytest.mark.parametrize(("content", "place"), [
    (b"\xff\xfeh\x00", "line 1 holds the byte 0xFF after 0 characters"),
    ("größe = 1".encode("latin-1"), "line 1 holds the byte 0xF6 after 2 characters"),
    (b"a = 1\nb\xe9\n", "line 2 holds the byte 0xE9 after 1 character"),
    (b"\xef\xbb\xbfa\nb \x80", "line 2 holds the byte 0x80 after 2 characters"),
    (b"h = 1 # \xc3", "line 1 holds the byte 0xC3 after 8 characters"),
])
def test_bytes_that_are_no_text_are_told_with_their_place(tmp_path: Path, content: bytes, place: str) -> None:
    path = tmp_path / "net.nn"
    path.write_bytes(content)
    found = refusal(path)
    assert (found.code, found.message) == ("NN102", f"`net.nn` is not text in UTF-8: {place}")
