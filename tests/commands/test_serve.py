"""A run behind HTTP: it says what `nndsl predict` says, refuses in the same words, and ends when it is told to."""

import json
import os
import re
import signal
import socket
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fastapi.testclient import TestClient
from openapi_spec_validator import validate
from PIL import Image

from nndsl import extras
from nndsl.cli import main
from nndsl.data.forms import Form, Numbers, Texts
from nndsl.data.images import Images
from nndsl.data.tables import Unreadable, known_form
from nndsl.diagnostics import UserError
from nndsl.run import Run
from nndsl.serving import rows, schema, uploads
from nndsl.types import TensorType
from tests.commands.asked import PENGUINS, Command
from tests.data.blocks import planned

CSV = {"content-type": "text/csv"}
ROW = {"bill_length_mm": 39.1, "bill_depth_mm": 18.7, "flipper_length_mm": 181, "body_mass_g": 3750, "sex": None, "island": "Torgersen"}


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a short training of the penguins."""
    runs = tmp_path_factory.mktemp("runs")
    assert main(["train", str(PENGUINS), "--epochs", "1", "--runs", str(runs)]) == 0
    return runs / "penguinspecies" / "001"


@pytest.fixture(scope="module")
def service(run: Path) -> Any:
    from nndsl.backend.keras.evaluate import Answerer
    from nndsl.serving.service import Service

    return Service(Answerer(Run.open(run)), most_rows=400)


@pytest.fixture
def client(service: Any) -> Iterator[TestClient]:
    from nndsl.serving.app import app

    with TestClient(app(service, most_bytes=100_000), raise_server_exceptions=False) as client:
        yield client


def table() -> str:
    return (PENGUINS.parent / "penguins.csv").read_text(encoding="utf-8")


# Answers -----------------------------------------------------------------------------------------


def test_a_table_is_answered_as_predict_does_to_the_last_bit(run: Path, client: TestClient, nndsl: Command) -> None:
    said = client.post("/predict", content=table(), headers=CSV)
    assert said.status_code == 200
    assert said.json()["predictions"] == json.loads(nndsl("predict", str(run), str(PENGUINS.parent / "penguins.csv"), "--json").out)
    assert len(said.json()["predictions"]) == 344


def test_rows_are_answered_as_a_table_of_them(client: TestClient) -> None:
    head, *lines = [line.split(",") for line in table().splitlines()[:9]]
    given = [{name: value if value != "NA" else None for name, value in zip(head, line, strict=True) if name in ROW} for line in lines]
    numbers = [{name: float(value) if name.endswith(("mm", "_g")) and value else value for name, value in row.items()} for row in given]
    expected = client.post("/predict", content="\n".join(table().splitlines()[:9]), headers=CSV).json()
    assert client.post("/predict", json={"rows": given}).json() == client.post("/predict", json={"rows": numbers}).json() == expected
    assert len(expected["predictions"]) == 8


def test_many_who_ask_at_once_get_their_own_answers(client: TestClient) -> None:
    masses = [2000 + 100 * number for number in range(24)]
    expected = [client.post("/predict", json={"rows": [{**ROW, "body_mass_g": mass}]}).json() for mass in masses]
    found: dict[int, Any] = {}

    def ask(place: int) -> None:
        found[place] = client.post("/predict", json={"rows": [{**ROW, "body_mass_g": masses[place]}]}).json()

    threads = [threading.Thread(target=ask, args=(place,)) for place in range(len(masses))]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert [found[place] for place in range(len(masses))] == expected
    assert len({json.dumps(one) for one in expected}) == len(masses)


# Refusals ----------------------------------------------------------------------------------------


def rows_with(**changed: Any) -> str:
    return json.dumps({"rows": [ROW, {**ROW, **changed}]})


@pytest.mark.parametrize(
    ("body", "status", "code", "words"),
    [
        ("{", 400, "", "the body is not JSON: expecting property name"),
        (b"\xff", 400, "", "the body is not JSON: it is not UTF-8"),
        ("[" * 100_001, 413, "", "the body is larger than 100,000 bytes"),
        ("[" * 99_000, 400, "", "the body is not JSON: it is nested too deeply"),
        (rows_with(body_mass_g=float("nan")), 400, "", "the body is not JSON: NaN is no number of JSON; a missing value is null"),
        (rows_with(sex="\ud800"), 400, "", "the body is not JSON: a text in it holds half a character"),
        ('{"rows": [{"\\ud800": 1}]}', 400, "", "the body is not JSON: a text in it holds half a character"),
        (rows_with(body_mass_g=0).replace(": 0", ": " + "1" * 5000), 400, "", "the body is not JSON: exceeds the limit (4300 digits)"),
        ("[]", 400, "", 'the body is not {"rows": [{...}, ...]}'),
        ('{"rows": [], "more": 1}', 400, "", 'the body is not {"rows": [{...}, ...]}'),
        ('{"rows": []}', 400, "", "the request has no rows"),
        ('{"rows": [[1]]}', 400, "", "row 1 is a list of 1, not an object"),
        (json.dumps({"rows": [{}] * 401}), 422, "NN862", "the request has 401 rows, and may have 400"),
        ("island,sex\n" * 402, 422, "NN862", "the request has 401 rows, and may have 400"),
        (rows_with(sez="male"), 422, "NN863", "row 2 has `sez`, which the network does not take"),
        ('{"rows": [{}]}', 422, "NN863", "row 1 lacks `bill_length_mm`, `bill_depth_mm`"),
        (rows_with(island={"a": 1}), 422, "NN864", "row 2, column `island`: an object is no text"),
        (rows_with(body_mass_g=0).replace(": 0", ": 1e999"), 422, "NN864", "row 2, column `body_mass_g`: a number is too large"),
        (rows_with(sex="\U0001f427"), 422, "NN520", 'the data, row 2, column `sex`: "\U0001f427" is not one of the classes'),
        (rows_with(island="Torgensen"), 422, "NN520", 'the data, row 2, column `island`: "Torgensen" is not one of the classes (did you mean `Torgersen`?)'),
        (rows_with(island=None), 422, "NN520", "the data, row 2, column `island`: the value is missing"),
        (rows_with(body_mass_g="heavy"), 422, "NN520", 'the data, row 2, column `body_mass_g`: "heavy" is not a number'),
        (rows_with(body_mass_g=1e39), 422, "NN520", "the data, row 2, column `body_mass_g`: 1e+39 is too large for a number of 32 bits"),
        ("island,sex\nBiscoe,male\n", 422, "NN526", "request.csv has no columns `bill_length_mm`, `bill_depth_mm`"),
        ("island,sex\nBiscoe\n", 422, "NN503", "request.csv, line 2: the row has 1 field where the header names 2 columns"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_does_not_fit_is_refused_in_words(body: str | bytes, status: int, code: str, words: str, client: TestClient) -> None:
    kind = CSV if str(body).startswith("island") else {"content-type": "application/json; charset=utf-8"}
    said = client.post("/predict", content=body, headers=kind)
    diagnostic = said.json()["diagnostics"][0]
    assert (said.status_code, diagnostic["code"]) == (status, code), diagnostic
    assert diagnostic["message"].startswith(words)


def test_a_body_is_not_read_beyond_its_limit_even_if_it_does_not_say_how_long_it_is(client: TestClient) -> None:
    taken = []

    def endless() -> Iterator[bytes]:
        for number in range(1000):
            taken.append(number)
            yield b" " * 1000

    assert client.post("/predict", content=endless(), headers={"content-type": "application/json"}).status_code == 413
    assert client.post("/predict", content=b"{}", headers={"content-length": "100001"}).status_code == 413


def test_other_kinds_of_body_are_not_taken(client: TestClient) -> None:
    for headers in ({"content-type": "application/zip"}, {}, {"content-type": "text/csv", "content-encoding": "gzip"}):
        assert client.post("/predict", content=b"x", headers=headers).status_code == 415
    assert client.get("/predict").status_code == 405
    assert client.get("/../../etc/passwd").status_code == 404


def test_who_comes_while_too_many_wait_is_sent_away(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    from nndsl.serving import app

    monkeypatch.setattr(app, "MOST_WAITING", 0)
    said = client.post("/predict", json={"rows": [ROW]})
    assert (said.status_code, said.headers["retry-after"]) == (503, "1")
    assert (client.get("/health").status_code, client.get("/health").json()["status"]) == (503, "busy")


def test_a_bug_is_told_without_its_insides_and_the_next_request_is_answered(
    client: TestClient, service: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(*arguments: object) -> None:
        raise RuntimeError("secret")

    with monkeypatch.context() as patched:
        patched.setattr(service, "_said", broken)
        said = client.post("/predict", json={"rows": [ROW]})
    assert said.status_code == 500 and "secret" not in said.text and "secret" in capsys.readouterr().err
    assert client.post("/predict", json={"rows": [ROW]}).status_code == 200


# What it says of itself --------------------------------------------------------------------------


def test_openapi_describes_the_columns_of_the_data_and_its_example_is_answered(client: TestClient) -> None:
    told = client.get("/openapi.json").json()
    validate(told)
    body = told["paths"]["/predict"]["post"]["requestBody"]["content"]
    row = body["application/json"]["schema"]["properties"]["rows"]["items"]["properties"]
    assert (set(body), set(row)) == ({"application/json", "text/csv", "text/tab-separated-values"}, set(ROW))
    assert row["island"]["enum"] == ["Biscoe", "Dream", "Torgersen"] and row["sex"]["enum"] == ["female", "male", None]
    assert row["body_mass_g"]["type"] == ["number", "null"] and 4000 < row["body_mass_g"]["example"] < 4400
    one = told["paths"]["/predict"]["post"]["responses"]["200"]["content"]["application/json"]["schema"]["properties"]["predictions"]["items"]
    assert one["properties"]["species"]["enum"] == ["Adelie", "Chinstrap", "Gentoo"]
    assert one["properties"]["p_Gentoo"] == {"type": ["number", "null"], "minimum": 0, "maximum": 1}
    said = client.post("/predict", json=body["application/json"]["example"])
    assert (said.status_code, list(said.json()["predictions"][0])) == (200, list(one["properties"]))


def test_the_pages_need_no_other_machine(client: TestClient) -> None:
    for path in ("/", "/docs"):
        text = client.get(path).text
        assert {*re.findall(r"https?://([^/\s\"']+)", text)} <= {"testserver"}
    for path in re.findall(r'(?:src|href)="http://testserver(/[^"]+)"', client.get("/docs").text):
        assert client.get(path).status_code == 200
    assert "curl http://testserver/predict" in client.get("/").text and "one of Biscoe, Dream, Torgersen" in client.get("/").text


def test_requests_are_counted(client: TestClient) -> None:
    client.post("/predict", json={"rows": [ROW, ROW]})
    client.post("/predict", json={"rows": [{}]})
    client.get("/nowhere")
    told = client.get("/metrics").text
    for line in (
        'nndsl_requests_total{path="/predict",status="200"} 1.0', 'nndsl_requests_total{path="/predict",status="422"} 1.0',
        'nndsl_requests_total{path="other",status="404"} 1.0', "nndsl_examples_total 2.0",
        'nndsl_request_seconds_count{path="/predict"} 2.0', 'nndsl_served_info{network="PenguinNet",training="PenguinSpecies",version=',
    ):
        assert line in told
    assert client.get("/health").json() == {"status": "ready", "training": "PenguinSpecies", "network": "PenguinNet", "waiting": 0}


# Columns that a source reads from files ----------------------------------------------------------


def image(value: Any) -> Any:
    forms: dict[str, Form] = {"image": Numbers(TensorType("uint8", (1, 2, 1)))}
    return rows.columns({"rows": [{"image": value}]}, forms, 9)["image"]


def test_a_path_in_a_row_is_no_image() -> None:
    assert image([[[0], [255]]]) == [[[[0], [255]]]]
    for value, words in [
        ("/etc/passwd", 'the text "/etc/passwd" stands where a list of 1 should'), ([[[0]]], "a list of 1 stands where one of 2 should"),
        ([[[0], [256]]], "256 is not from 0 to 255"), ([[[0], [0.5]]], "0.5 is not a whole number"), ([[[0], [float("inf")]]], "inf is not a whole number"), ([[[0], [True]]], "true stands where a number should"),
        ([[[0], [10**400]]], "a number of more than 40 digits is not from 0 to 255"), (None, "null stands where a list of 1 should"),
    ]:
        with pytest.raises(UserError, match=re.escape(f"NN864: row 1, column `image`: {words}")):
            image(value)


def test_truth_values_and_real_numbers_are_taken_as_what_they_are() -> None:
    forms: dict[str, Form] = {"b": Numbers(TensorType("bool", ())), "r": Numbers(TensorType("float32", ()))}
    found = rows.columns({"rows": [{"b": True, "r": 3}, {"b": False, "r": None}]}, forms, 9)
    assert found["b"] == [True, False] and found["r"][0] == 3.0 and np.isnan(found["r"][1])
    with pytest.raises(UserError, match="NN864: row 1, column `b`: 1 stands where true or false should"):
        rows.columns({"rows": [{"b": 1, "r": 0}]}, forms, 9)
    with pytest.raises(UserError, match="NN864: row 1, column `r`: a number is too large"):
        rows.columns({"rows": [{"b": True, "r": 10**400}]}, forms, 9)


def test_an_image_comes_with_the_request_and_nothing_that_is_a_program_or_a_bomb(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = uploads.openers(Images(path="photos", size=(4, 4), channels=1), {"image": Numbers(TensorType("uint8", (4, 4, 1)))})
    assert set(opened) == set(uploads.IMAGES)
    name, opener = opened["image/png"]
    Image.new("L", (4, 4), 7).save(tmp_path / name, "png")
    (chunk,) = opener(tmp_path / name).read(["image"])
    assert (chunk["image"] == 7).all() and chunk["image"].shape == (1, 4, 4, 1)
    monkeypatch.setattr(uploads, "MOST_PIXELS", 15)
    with pytest.raises(Unreadable, match="it has far too many pixels"):
        list(opener(tmp_path / name).read(["image"]))
    Image.new("L", (4, 4), 7).save(tmp_path / name, "eps")
    with pytest.raises(Unreadable, match="it is not in an image format"):
        list(opener(tmp_path / name).read(["image"]))


@pytest.mark.parametrize(
    ("forms", "body", "media", "column"),
    [({"sequence": Texts()}, b">a b\nACGT\nAC\n", "text/x-fasta", "ACGTAC"), ({"text": Texts()}, b"some words\n", "text/plain", "some words")],
    ids=["FASTA", "lines"],
)
def test_sequences_and_lines_come_as_files(forms: dict[str, Form], body: bytes, media: str, column: str, tmp_path: Path) -> None:
    from nndsl.data.delimited import Csv

    name, opener = uploads.openers(Csv(path="t.csv", delimiter=";"), forms)[media]
    (tmp_path / name).write_bytes(body)
    (chunk,) = opener(tmp_path / name).read(list(forms))
    assert [values.to_pylist() for values in chunk.values()] == [[column]]


def test_a_schema_of_arrays_says_how_long_lists_are() -> None:
    told = schema._array(TensorType("uint8", (2, 1)), (2, 1))
    assert schema.example(told) == [[0], [0]] and told["items"]["items"] == {"type": "integer", "minimum": 0, "maximum": 255}


def test_every_kind_of_column_has_a_schema_whose_example_fits(tmp_path: Path) -> None:
    letters = "ACGT" * 3
    head = "day,yes,kind,dna,words,size"
    (tmp_path / "t.csv").write_text(f"{head}\n1,true,a,{letters},some words,2.5\n3,false,b,{letters},more,3.5\n", encoding="utf-8")
    plan = planned(tmp_path, """source = csv("t.csv")
day = source.day -> integer(below=8) -> one_hot
yes = source.yes -> fill("true") -> bool
kind = source.kind -> category
dna = source.dna -> dna(length=12)
words = source.words -> words(length=4)
size = source.size -> standardize""")
    state = plan.load().state
    forms = {name: known_form(one) for name, one in state["columns"].items()}
    told = schema.row(list(plan.fields.values()), state["encoders"], forms)
    assert {name: {key: value for key, value in one.items() if key not in ("description", "example")} for name, one in told["properties"].items()} == {
        "day": {"type": "integer", "minimum": 0, "maximum": 7}, "yes": {"type": ["boolean", "null"]}, "kind": {"type": "string", "enum": ["a", "b"]},
        "dna": {"type": "string", "maxLength": 12}, "words": {"type": "string"}, "size": {"type": "number"},
    }
    row = schema.example(told)
    assert (row["dna"], row["size"]) == (letters, 3.0)
    assert len(plan.encode(rows.columns({"rows": [row]}, forms, 1), state)) == 1


# The process -------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


@pytest.mark.parametrize("asked", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_it_is_told_to_end(asked: signal.Signals, run: Path, nndsl: Command) -> None:
    port, found = free_port(), list[Any]()

    def ask() -> None:
        request = urllib.request.Request(f"http://127.0.0.1:{port}/predict", json.dumps({"rows": [ROW]}).encode(), {"content-type": "application/json"})
        while not found:
            with suppress(ConnectionError, urllib.error.URLError):  # nobody listens yet
                found.append(json.load(urllib.request.urlopen(request, timeout=60)))
        os.kill(os.getpid(), asked)

    before = signal.getsignal(asked)
    thread = threading.Thread(target=ask)
    thread.start()
    said = nndsl("serve", str(run), "--port", str(port))
    thread.join()
    assert said.code == 0 and said.err == ""
    assert said.out == f"PenguinSpecies is served at http://127.0.0.1:{port} (docs: http://127.0.0.1:{port}/docs); Ctrl-C ends it\n"
    assert set(found[0]["predictions"][0]) == {"species", "p_Adelie", "p_Chinstrap", "p_Gentoo"}
    assert signal.getsignal(asked) == before


def test_a_port_in_use_is_one_sentence(run: Path, nndsl: Command) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        said = nndsl("serve", str(run), "--port", str(port))
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith(f"error[NN860]: another program listens at 127.0.0.1:{port}\n")


def test_short_answers_are_sent_at_once() -> None:
    from nndsl.serving.server import address, listening

    with listening("127.0.0.1", 0) as listener:
        assert listener.proto == socket.IPPROTO_TCP and address(listener) == f"http://127.0.0.1:{listener.getsockname()[1]}"


def test_an_address_that_is_not_there_is_one_sentence(run: Path, nndsl: Command) -> None:
    said = nndsl("serve", str(run), "--host", "192.0.2.1", "--port", "0")
    assert said.code == 1 and said.err.startswith("error[NN861]: cannot listen at 192.0.2.1:0: cannot assign requested address\n")
    assert nndsl("serve", str(run), "--port", "65536").code == 2


def test_a_run_that_is_damaged_is_one_sentence(run: Path, nndsl: Command, tmp_path: Path) -> None:
    from shutil import copytree

    assert nndsl("serve", str(tmp_path / "nowhere")).err.startswith("error[NN715]")
    copytree(run, tmp_path / "damaged")
    for one in (tmp_path / "damaged" / "checkpoints").iterdir():
        one.write_bytes(one.read_bytes()[:-9])
    said = nndsl("serve", str(tmp_path / "damaged"), "--port", "0")
    assert said.code == 1 and said.out == "" and "error[NN713]: " in said.err


def test_what_other_machines_can_reach_is_said(run: Path, nndsl: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    from nndsl.serving import server

    monkeypatch.setattr(server, "serve", lambda made, listener: None)
    said = nndsl("serve", str(run), "--host", "0.0.0.0", "--port", "0")
    assert said.code == 0 and said.err.startswith("warning: whoever reaches this machine can ask, as there is no password")
    assert nndsl("serve", str(run), "--host", "localhost", "--port", "0").err == ""


def test_without_its_extra_it_says_what_to_install(run: Path, nndsl: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(extras, "find_spec", lambda package: None)
    assert nndsl("serve", str(run)).err.startswith("error[NN745]: `nndsl serve` needs the package fastapi, which is not installed\n")


# The container -----------------------------------------------------------------------------------


def test_a_recipe_is_a_folder_with_a_run_that_can_be_asked(run: Path, nndsl: Command) -> None:
    said = nndsl("serve", str(run.parent / "latest"), "--recipe", "deep/box")
    assert said.code == 0 and said.out.startswith(f"{Path('deep/box')}  Dockerfile, constraints.txt, run/\n")
    assert sorted(one.name for one in Path("deep").iterdir()) == ["box"]
    recipe = Path("deep/box/Dockerfile").read_text(encoding="utf-8")
    assert "\nUSER 10001\n" in recipe and "\nHEALTHCHECK " in recipe and re.search(r"^FROM python:3\.1\d\.\d+-", recipe, re.MULTILINE)
    entry = json.loads(recipe.partition("ENTRYPOINT ")[2])
    assert entry == ["nndsl", "serve", "/run-to-serve", "--host", "0.0.0.0", "--port", "8000"]
    versions = Run.open(run).settings["versions"]
    assert f"keras=={versions['keras']}\n" in Path("deep/box/constraints.txt").read_text(encoding="utf-8")
    assert [one.name for one in Path("deep/box/run/checkpoints").iterdir()] == ["best.checkpoint"]
    Path("new.csv").write_text("\n".join(table().splitlines()[:9]) + "\n", encoding="utf-8")
    assert nndsl("predict", "deep/box/run", "new.csv").out == nndsl("predict", str(run), "new.csv").out


def test_a_recipe_is_written_whole_or_not_at_all(run: Path, nndsl: Command) -> None:
    Path("box").mkdir()
    Path("box/mine").touch()
    assert nndsl("serve", str(run), "--recipe", "box").err.startswith("error[NN865]: box is there already, and not empty\n")
    assert nndsl("serve", str(run), "--recipe", "other", "--network", "Nett").err.startswith("error[NN724]: the training has no network `Nett`\n")
    Path("file").touch()
    assert nndsl("serve", str(run), "--recipe", "file/box").err.startswith("error[NN711]: cannot write ")
    assert sorted(one.name for one in Path().iterdir()) == ["box", "file", "good.nn", "two.nn", "wrong.nn"]


def test_nothing_but_a_body_is_read(monkeypatch: pytest.MonkeyPatch, client: TestClient) -> None:
    opened, body = list[str](), table()

    def noted(path: Path, *arguments: Any, **named: Any) -> Any:
        opened.append(str(path))
        return open(path, *arguments, **named)

    monkeypatch.setattr(Path, "open", noted)
    for value in ("/etc/passwd", "chr1:1-100", "../penguins.csv"):
        assert client.post("/predict", json={"rows": [{**ROW, "island": value}]}).status_code == 422
    assert client.post("/predict", content=body, headers=CSV).status_code == 200
    assert {Path(one).name for one in opened if not one.startswith(("/proc/", "/sys/"))} == {"request.csv"}
