"""The language server as an editor meets it: each feature through a real client, over the streams of `python -m nndsl lsp`."""

import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from lsprotocol import types
from pygls.exceptions import JsonRpcException

from nndsl.source import Source
from tests.lsp.client import CURSOR, Editor, in_editor, position_of, uri

NEW = "untitled:Untitled-1"
NET = """\
from "std/blocks.nn" import ConvBN

param width = 16

block Twice(filters) {
  input x: [H, W, C]
  a = x -> ConvBN(filters) -> relu
  output y = a -> Conv2D(filters, 3, padding=same)
}

network Net {
  "A small one."
  input image: float[8, 8, 3]
  h = image -> Twice(width)
  (big, small) = (h -> Flatten, h -> GlobalMaxPooling2D)
  output label = concat(big, small) -> Dense(10)
}
"""


def at(text: str, mark: str, after: bool = False) -> types.Position:
    """The place of the only occurrence of some text."""
    assert text.count(mark) == 1, mark
    return position_of(text.replace(mark, mark + CURSOR if after else CURSOR + mark))


def place(text: str, mark: str, of: str = NEW) -> dict[str, Any]:
    return {"text_document": types.TextDocumentIdentifier(of), "position": at(text, mark)}


def changed(text: str, edits: Any) -> str:
    """A text after the edits of the protocol, applied from its end."""
    lines = text.splitlines(keepends=True)

    def offset(position: types.Position) -> int:
        return sum(map(len, lines[: position.line])) + position.character

    for edit in sorted(edits, key=lambda one: offset(one.range.start), reverse=True):
        text = text[: offset(edit.range.start)] + edit.new_text + text[offset(edit.range.end) :]
    return text


def good(found: list[types.Diagnostic]) -> bool:
    return not found


def bad(found: list[types.Diagnostic]) -> bool:
    return bool(found)


# Diagnostics ---------------------------------------------------------------------------------------


def test_diagnostics_follow_what_is_typed_and_go_when_the_text_is_closed() -> None:
    async def work(editor: Editor) -> None:
        editor.open(NET.replace("padding=same", "pading=same"), NEW)
        (found,) = await editor.told(NEW, bad)
        assert found.code == "NN202" and found.severity == types.DiagnosticSeverity.Error
        assert found.range == types.Range(types.Position(7, 37), types.Position(7, 43))
        assert [one.message for one in found.related_information or ()] == ["in this use of `Twice`"]
        assert found.data and found.data["edit"]["newText"] == "padding"
        editor.change(NEW, NET)
        await editor.told(NEW, good)
        editor.change(NEW, NET + "network", 3)
        await editor.told(NEW, bad)
        editor.close(NEW)
        await editor.told(NEW, good)

    in_editor(work)


def test_warnings_are_told_as_warnings() -> None:
    async def work(editor: Editor) -> None:
        editor.open(NET.replace("-> relu\n", "-> relu\n  unused = 3\n"), NEW)
        (found,) = await editor.told(NEW, bad)
        assert (found.code, found.severity) == ("NN401", types.DiagnosticSeverity.Warning)
        assert list(found.tags or ()) == [types.DiagnosticTag.Unnecessary]

    in_editor(work)


def test_what_is_wrong_in_an_imported_file_is_told_there_and_at_its_use(tmp_path: Path) -> None:
    part, whole = tmp_path / "part.nn", tmp_path / "whole.nn"
    part.write_text("block Part() {\n  Conv2D(8, 3)\n}\n", encoding="utf-8")
    text = 'from "part.nn" import Part\nnetwork N {\n  input x: float[8]\n  output y = x -> Part()\n}\n'

    async def work(editor: Editor) -> None:
        editor.open(text, uri(whole))
        (here,) = await editor.told(uri(whole), bad)
        (there,) = await editor.told(uri(part), bad)
        assert here.code == there.code == "NN301"
        assert here.range.start == at(text, "Part()") and there.range.start.line == 1
        editor.open("block Part() {\n  Dense(8)\n}\n", uri(part))  # the buffer counts, not the file
        await editor.told(uri(whole), good)
        await editor.told(uri(part), good)

    in_editor(work, tmp_path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_places_are_those_of_the_encoding_that_the_client_wants(encoding: str) -> None:
    text = 'network N {\r\n  input x: float[8]\r\n  "日😀😀" -> Zzzzzz(x)\r\n  output y = x -> relu\r\n}\r\n'

    async def work(editor: Editor) -> None:
        editor.open(text, NEW)
        found = await editor.told(NEW, bad)
        starts = {(one.range.start.line, one.range.start.character) for one in found}
        source = Source("text.nn", text)
        offset = text.index("Zzzzzz")
        before = source.text[source.line_start(3) : offset]
        units = {"utf-8": len(before.encode()), "utf-16": len(before.encode("utf-16-le")) // 2, "utf-32": len(before)}
        assert (2, units[encoding]) in starts

    in_editor(work, encodings=[encoding])


# What is known of a name -----------------------------------------------------------------------------

HOVERS = {
    "Conv2D(": ("float[8, 8, 16] -> float[8, 8, 16]", "2,320 parameters", "Two-dimensional convolution."),
    "padding=": ("`valid` or `same`", "default: valid"),
    "same)": ("`same`",),
    "ConvBN(filters) ->": ("block ConvBN(", "float[8, 8, 3] -> float[8, 8, 16]"),
    "Twice(width)": ("block Twice(filters)", "float[8, 8, 3] -> float[8, 8, 16]"),
    "Twice(filters)": ("block Twice(filters)", "parameters"),
    "Net {": ("network Net", "A small one.", "parameters"),
    "width)": ("param width: 16",),
    "a -> Conv2D": ("a: float[8, 8, 16]",),
    "big, small) ->": ("big: float[1024]",),
    "H, W": ("size H: 8",),
}


def test_hover_says_what_a_name_is() -> None:
    async def work(editor: Editor) -> None:
        editor.open(NET, NEW)
        for mark, expected in HOVERS.items():
            found = await editor.client.text_document_hover_async(types.HoverParams(**place(NET, mark)))
            assert found is not None and isinstance(found.contents, types.MarkupContent), mark
            for text in expected:
                assert text in found.contents.value, (mark, found.contents.value)
        nothing = await editor.client.text_document_hover_async(types.HoverParams(**place(NET, '"A small')))
        assert nothing is None

    in_editor(work)


def test_shapes_stand_at_the_ends_of_lines() -> None:
    async def work(editor: Editor) -> None:
        editor.open(NET, NEW)
        whole = types.Range(types.Position(0, 0), types.Position(99, 0))
        params = types.InlayHintParams(types.TextDocumentIdentifier(NEW), whole)
        hints = await editor.client.text_document_inlay_hint_async(params)
        lines = NET.splitlines()
        assert {one.position.line: one.label for one in hints or ()} == {
            6: ": float[8, 8, 16]", 7: ": float[8, 8, 16]", 13: ": float[8, 8, 16]", 14: ": big float[1024], small float[16]",
            15: ": float[10]",
        }
        assert all(one.position.character == len(lines[one.position.line]) for one in hints or ())

    in_editor(work)


# Completion ------------------------------------------------------------------------------------------

DATA = """\
data Points {
  source = csv("points.csv")
  x = source.first -> standardize
  y = source.kind -> category(a, b)
  split = random(train=0.8, test=0.2)
}
"""
COMPLETIONS = {
    "h = image -> Con│\n": ({"Conv2D", "Conv1DTranspose", "concat", "Twice"}, {"epochs"}),
    "h = image -> Conv2D(8, 3, │\n": ({"padding", "use_bias", "width"}, {"batch", "same"}),
    "h = image -> Conv2D(8, 3, padding=│\n": ({"same", "valid"}, {"units"}),
    "h = image -> Conv2D(8, 3, padding=s│)\n": ({"same", "valid"}, {"units"}),
    "h = image -> Dense(8, use_bias=│\n": ({"true", "false"}, {"same"}),
    "h = image -> Dense(8, activation=│\n": ({"relu", "softmax", "none"}, {"Dense"}),
    "h = image -> Twice(│\n": ({"filters", "width"}, {"padding"}),
    "h = image -> ConvBN(8, │\n": ({"kernel", "width"}, {"padding"}),
    "h = ima│\n": ({"image", "width"}, {"label", "late"}),
    "│\n": ({"input", "output", "for", "image"}, {"epochs", "late"}),
    "h = image.│\n": ({"shape", "rank", "dtype"}, {"image"}),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = "\n".join(f"{number},{'ab'[number % 2]}" for number in range(20))
    (tmp_path / "points.csv").write_text(f"first,kind\n{rows}\n", encoding="utf-8")
    return tmp_path


async def labels(editor: Editor, text: str, of: str) -> dict[str, types.CompletionItem]:
    params = editor.open(text, of)
    found = await editor.client.text_document_completion_async(types.CompletionParams(params.text_document, params.position))
    assert isinstance(found, list)
    return {one.label: one for one in found}


def test_completion_knows_what_can_stand_at_a_place() -> None:
    async def work(editor: Editor) -> None:
        head, tail = NET.split("  h = image -> Twice(width)\n")
        for number, (line, (there, absent)) in enumerate(COMPLETIONS.items()):
            found = await labels(editor, f"{head}  {line}  late = 3\n{tail}", f"untitled:{number}")
            assert there <= set(found) and not absent & set(found), line

    in_editor(work)


def test_completion_knows_settings_columns_fields_and_files(folder: Path) -> None:
    cases = {
        DATA + "train T {\n  ep│\n": ({"epochs", "batch", "loss"}, {"Dense"}),
        DATA + "train T {\n  loss = │\n": ({"crossentropy", "mse"}, {"Dense", "accuracy"}),
        DATA + "train T {\n  data = │\n": ({"Points"}, {"Dense"}),
        DATA + "train T {\n  early_stopping = (│\n": ({"monitor", "patience"}, {"Dense"}),
        DATA.replace("source.first", "source.│"): ({"first", "kind"}, {"Dense"}),
        DATA.replace("-> standardize", "-> │"): ({"standardize", "category"}, {"Dense"}),
        DATA.replace("  split", "  │\n  split"): ({"source", "split", "augment"}, {"epochs"}),
        DATA + "network N {\n  input x: float[2]\n  output y = x -> Dense(Points.y.│": ({"classes"}, {"Dense"}),
        'from "std/│': ({"std/blocks.nn"}, {"Dense"}),
        'from "std/blocks.nn" import │\n\n' + DATA: ({"ConvBN", "Residual"}, {"Dense", "Points"}),
        DATA + "│": ({"network", "param", "train"}, {"Dense"}),
        DATA + "# a comm│": (set(), {"network"}),
    }

    async def work(editor: Editor) -> None:
        for number, (text, (there, absent)) in enumerate(cases.items()):
            found = await labels(editor, text, uri(folder / f"file{number}.nn"))
            assert there <= set(found) and not absent & set(found), (text, sorted(found)[:40])

    in_editor(work, folder)


def test_documentation_comes_when_it_is_asked_for() -> None:
    async def work(editor: Editor) -> None:
        found = await labels(editor, NET.replace("Dense(10)", "De│"), NEW)
        assert found["Dense"].documentation is None
        item = await editor.client.completion_item_resolve_async(found["Dense"])
        assert isinstance(item.documentation, types.MarkupContent) and "Dense(units" in item.documentation.value

    in_editor(work)


# Navigation ------------------------------------------------------------------------------------------


def test_definitions_are_found_in_the_file_in_others_and_in_the_library(tmp_path: Path) -> None:
    (tmp_path / "part.nn").write_text("block Part(n) {\n  Dense(n)\n}\n", encoding="utf-8")
    text = NET.replace("param width", 'from "part.nn" import Part as P\n\nparam width').replace("Dense(10)", "P(n=10)")

    async def work(editor: Editor) -> None:
        async def line(mark: str) -> tuple[str, int]:
            locations = await editor.client.text_document_definition_async(types.DefinitionParams(**place(text, mark, main)))
            assert isinstance(locations, Sequence)
            (found,) = locations
            assert isinstance(found, types.Location)
            return Path(found.uri).name, found.range.start.line

        main = uri(tmp_path / "main.nn")
        editor.open(text, main)
        assert await line("width)") == ("main.nn", 4)
        assert await line("a -> Conv2D") == ("main.nn", 8)
        assert await line("Twice(width)") == ("main.nn", 6)
        assert await line("P(n=10)") == ("part.nn", 0)
        assert await line("n=10") == ("part.nn", 0)
        assert await line('part.nn"') == ("part.nn", 0)
        assert (await line("ConvBN(filters)"))[0] == "blocks.nn"
        nothing = await editor.client.text_document_definition_async(types.DefinitionParams(**place(text, "relu", main)))
        assert not nothing

    in_editor(work, tmp_path)


def test_references_and_highlights_are_every_place_of_a_name(tmp_path: Path) -> None:
    part = "block Part(n) {\n  Dense(n)\n}\n"
    other = 'from "part.nn" import Part\nnetwork N {\n  input x: float[8]\n  output y = x -> Part(n=8)\n}\n'
    (tmp_path / "other.nn").write_text(other, encoding="utf-8")
    (tmp_path / "part.nn").write_text(part, encoding="utf-8")

    async def work(editor: Editor) -> None:
        editor.open(part, uri(tmp_path / "part.nn"))
        document = types.TextDocumentIdentifier(uri(tmp_path / "part.nn"))
        for declared, count in ((True, 3), (False, 2)):
            context = types.ReferenceContext(declared)
            found = await editor.client.text_document_references_async(types.ReferenceParams(context, document, at(part, "n) {")))
            assert len(found or ()) == count
        found = await editor.client.text_document_references_async(
            types.ReferenceParams(types.ReferenceContext(False), document, at(part, "Part"))
        )
        assert sorted((Path(one.uri).name, one.range.start.line) for one in found or ()) == [("other.nn", 0), ("other.nn", 3)]
        marks = await editor.client.text_document_document_highlight_async(types.DocumentHighlightParams(document, at(part, "n) {")))
        assert [(one.range.start.line, one.kind) for one in marks or ()] == [
            (0, types.DocumentHighlightKind.Write), (1, types.DocumentHighlightKind.Read),
        ]

    in_editor(work, tmp_path)


# Renaming --------------------------------------------------------------------------------------------


async def renamed(editor: Editor, text: str, mark: str, name: str, of: str = NEW) -> types.WorkspaceEdit:
    found = await editor.client.text_document_rename_async(types.RenameParams(new_name=name, **place(text, mark, of)))
    assert found is not None
    return found


def test_rename_changes_every_place_and_nothing_else() -> None:
    async def work(editor: Editor) -> None:
        editor.open(NET, NEW)
        for mark, name, old in (("width)", "breadth", "width"), ("a -> Conv2D", "inner", "a"), ("H, W", "height", "H")):
            edit = await renamed(editor, NET, mark, name)
            assert set(edit.changes or {}) == {NEW}
            text = changed(NET, (edit.changes or {})[NEW])
            words = [name if one == old else one for one in _words(NET)]
            assert _words(text) == words

    in_editor(work)


def _words(text: str) -> list[str]:
    return re.findall(r"\w+|\W+", text)


def test_rename_follows_imports_through_the_files_of_the_workspace(tmp_path: Path) -> None:
    part = "block Part(n) {\n  Dense(n)\n}\n"
    other = 'from "part.nn" import Part\nfrom "part.nn" import Part as Q\nnetwork N {\n  input x: float[8]\n  output y = x -> Part(n=8) -> Q(2)\n}\n'
    (tmp_path / "other.nn").write_text(other, encoding="utf-8")
    (tmp_path / "part.nn").write_text(part, encoding="utf-8")

    async def work(editor: Editor) -> None:
        editor.open(part, uri(tmp_path / "part.nn"))
        edit = await renamed(editor, part, "Part", "Piece", uri(tmp_path / "part.nn"))
        changes = {Path(name).name: edits for name, edits in (edit.changes or {}).items()}
        assert changed(part, changes["part.nn"]) == part.replace("Part", "Piece")
        assert changed(other, changes["other.nn"]) == other.replace("Part", "Piece")
        edit = await renamed(editor, part, "n)\n", "units", uri(tmp_path / "part.nn"))
        changes = {Path(name).name: edits for name, edits in (edit.changes or {}).items()}
        assert changed(part, changes["part.nn"]) == "block Part(units) {\n  Dense(units)\n}\n"
        assert changed(other, changes["other.nn"]) == other.replace("n=8", "units=8")

    in_editor(work, tmp_path)


REFUSED = [
    ("Conv2D(", "Other", "catalogue"),
    ("ConvBN(filters) ->", "Other", "comes with nndsl"),
    ("same)", "valid", "no name that a file gives"),
    ("width)", "3x", "cannot be a name"),
    ("width)", "if", "cannot be a name"),
    ("a -> Conv2D", "x", "something else has that name"),
    ("h -> Flatten", "image", "something else has that name"),
]


@pytest.mark.parametrize(("mark", "name", "reason"), REFUSED)
def test_rename_refuses_what_would_change_the_meaning(mark: str, name: str, reason: str) -> None:
    async def work(editor: Editor) -> None:
        editor.open(NET, NEW)
        with pytest.raises(JsonRpcException, match=reason):
            await renamed(editor, NET, mark, name)

    in_editor(work)


def test_rename_refuses_to_tear_an_input_from_its_field(folder: Path) -> None:
    text = DATA + (
        "network N {\n  input x: float[]\n  output y = x -> expand_dims(axis=-1) -> Dense(2)\n}\n"
        "train T {\n  model = N\n  data = Points\n  loss = crossentropy\n  optimizer = Adam(1e-3)\n}\n"
    )

    async def work(editor: Editor) -> None:
        editor.open(text, uri(folder / "main.nn"))
        await editor.told(uri(folder / "main.nn"), good)
        with pytest.raises(JsonRpcException, match="has no field `z`"):
            await renamed(editor, text, "x ->", "z", uri(folder / "main.nn"))

    in_editor(work, folder)


# The text as a whole -----------------------------------------------------------------------------------


def test_the_outline_and_the_folds_of_a_text() -> None:
    async def work(editor: Editor) -> None:
        document = editor.open("# one\n# two\n" + NET, NEW).text_document
        symbols = await editor.client.text_document_document_symbol_async(types.DocumentSymbolParams(document))
        names = {one.name: [inner.name for inner in one.children or ()] for one in symbols or () if isinstance(one, types.DocumentSymbol)}
        assert names == {"width": [], "Twice": ["x", "a", "y"], "Net": ["image", "h", "big", "small", "label"]}
        folds = await editor.client.text_document_folding_range_async(types.FoldingRangeParams(document))
        assert sorted((one.start_line, one.end_line) for one in folds or ()) == [(0, 1), (6, 10), (12, 18)]

    in_editor(work)


def test_a_text_is_laid_out_in_the_one_style() -> None:
    untidy = NET.replace("  a = x ->", "      a   =   x->")

    async def work(editor: Editor) -> None:
        document = editor.open(untidy, NEW).text_document
        options = types.FormattingOptions(2, True)
        edits = await editor.client.text_document_formatting_async(types.DocumentFormattingParams(document, options))
        assert changed(untidy, edits) == NET
        editor.change(NEW, NET)
        assert not await editor.client.text_document_formatting_async(types.DocumentFormattingParams(document, options))
        editor.change(NEW, "network {", 3)
        assert not await editor.client.text_document_formatting_async(types.DocumentFormattingParams(document, options))

    in_editor(work)


def test_repairs_that_are_certain_are_quick_fixes() -> None:
    wrong = NET.replace("padding=same", "pading=same").replace("Flatten,", "Flaten,")

    async def work(editor: Editor) -> None:
        document = editor.open(wrong, NEW).text_document
        found = await editor.told(NEW, lambda found: len(found) == 2)
        context = types.CodeActionContext(found)
        params = types.CodeActionParams(document, found[0].range, context)
        quick, everything = await editor.client.text_document_code_action_async(params) or ()
        assert isinstance(quick, types.CodeAction) and isinstance(everything, types.CodeAction)
        assert quick.title == "Replace `pading` by `padding`" and quick.is_preferred
        assert list(quick.diagnostics or ()) == [found[0]]
        assert changed(wrong, (quick.edit and quick.edit.changes or {})[NEW]) == wrong.replace("pading", "padding")
        assert everything.kind == types.CodeActionKind.SourceFixAll
        assert changed(wrong, (everything.edit and everything.edit.changes or {})[NEW]) == NET

    in_editor(work)


# Life of the server ------------------------------------------------------------------------------------


def test_questions_about_texts_that_are_not_there_have_empty_answers(tmp_path: Path) -> None:
    async def work(editor: Editor) -> None:
        for name in ("untitled:never", uri(tmp_path / "missing.nn"), "vscode-notebook-cell:/a#b"):
            where: dict[str, Any] = {"text_document": types.TextDocumentIdentifier(name), "position": types.Position(3, 7)}
            assert await editor.client.text_document_hover_async(types.HoverParams(**where)) is None
            assert not await editor.client.text_document_completion_async(types.CompletionParams(**where))
            assert not await editor.client.text_document_definition_async(types.DefinitionParams(**where))
            assert await editor.client.text_document_rename_async(types.RenameParams(new_name="a", **where)) is None
            assert not await editor.client.text_document_folding_range_async(types.FoldingRangeParams(where["text_document"]))
        where = {"text_document": editor.open("", NEW).text_document, "position": types.Position(99, 99)}
        assert await editor.client.text_document_hover_async(types.HoverParams(**where)) is None

    in_editor(work)


def test_without_its_libraries_the_command_says_how_to_install_them() -> None:
    code = "import sys; sys.modules['pygls'] = None; from nndsl.cli import main; sys.exit(main(['lsp']))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1 and done.stdout == ""
    assert done.stderr.startswith("error[NN745]: the language server needs the package pygls, which is not installed\n")
    assert "pip install 'nndsl[lsp]'" in done.stderr
