"""Machines that train together: how they find each other, what they agree on, and what they say when one of them is gone."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any

import pytest

from nndsl.cli import main
from nndsl.diagnostics import Diagnostic, UserError
from nndsl.team import line, together
from nndsl.team.cluster import VARIABLE, Cluster, cluster_from, host_and_port
from nndsl.team.joining import joined
from nndsl.team.relay import Relay
from nndsl.team.together import ALONE, Team

PATIENCE = 60.0


@contextmanager
def addresses(count: int) -> Iterator[tuple[str, ...]]:
    """Addresses of this machine that nobody else gets: they are taken, though nobody listens there."""
    with ExitStack() as stack:
        taken = []
        for _ in range(count):
            one = stack.enter_context(socket.socket())
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            one.bind(("127.0.0.1", 0))
            taken.append(f"127.0.0.1:{one.getsockname()[1]}")
        yield tuple(taken)


def config(workers: tuple[str, ...], index: int) -> dict[str, str]:
    """The environment of one of several workers."""
    return {VARIABLE: json.dumps({"cluster": {"worker": workers}, "task": {"type": "worker", "index": index}})}


def told(wrong: UserError) -> str:
    (one,) = wrong.diagnostics
    return f"{one.code}: {one.message}"


def each(count: int, work: Callable[[Team], Any], wait: float = PATIENCE) -> list[Any]:
    """What each of some workers comes to, in a thread of its own; for a failure, what was told."""

    def one(workers: tuple[str, ...], index: int) -> Any:
        try:
            with joined(cluster_from(config(workers, index)), wait) as team:
                return work(team)
        except UserError as wrong:
            return told(wrong).replace(workers[0], "A").replace(workers[1], "B")

    with addresses(count) as workers, ThreadPoolExecutor(count) as threads:
        futures: list[Future[Any]] = [threads.submit(one, workers, index) for index in reversed(range(count))]
        return [future.result(PATIENCE) for future in reversed(futures)]


# Which they are ----------------------------------------------------------------------------------


WORKERS = {"worker": ["a:1", "b:2"]}
FIRST = {"type": "worker", "index": 0}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("worker 0", "is not JSON: Expecting value"),
        ("[" * 100_000, "is not JSON"),
        ("[]", "has no list of workers"),
        (json.dumps({"task": FIRST}), "has no list of workers"),
        (json.dumps({"cluster": {"worker": []}, "task": FIRST}), "has no list of workers"),
        (json.dumps({"cluster": {"worker": "a:1"}, "task": FIRST}), "has no list of workers"),
        (json.dumps({"cluster": WORKERS | {"ps": ["c:3"]}, "task": FIRST}), "lists others than workers: ps"),
        (json.dumps({"cluster": {"worker": ["a:1", "b"]}, "task": FIRST}), "lists 'b' as a worker, which is not host:port"),
        (json.dumps({"cluster": {"worker": ["a:1", "b:70000"]}, "task": FIRST}), "lists 'b:70000' as a worker"),
        (json.dumps({"cluster": {"worker": ["a:1", 7]}, "task": FIRST}), "lists 7 as a worker"),
        (json.dumps({"cluster": {"worker": ["a:1", "a:1"]}, "task": FIRST}), "lists a worker twice"),
        (json.dumps({"cluster": WORKERS}), "has not the type `worker`"),
        (json.dumps({"cluster": WORKERS, "task": {"type": "chief", "index": 0}}), "has not the type `worker`"),
        (json.dumps({"cluster": WORKERS, "task": {"type": "worker"}}), "its task has no index"),
        (json.dumps({"cluster": WORKERS, "task": {"type": "worker", "index": -1}}), "its task has no index"),
        (json.dumps({"cluster": WORKERS, "task": {"type": "worker", "index": True}}), "its task has no index"),
        (json.dumps({"cluster": WORKERS, "task": {"type": "worker", "index": 2}}), "is worker 2, and lists 2, counted from 0"),
    ],
)
def test_a_wrong_list_of_machines_is_told(text: str, why: str) -> None:
    with pytest.raises(UserError) as wrong:
        cluster_from({VARIABLE: text})
    assert told(wrong.value).startswith("NN773: TF_CONFIG ") and why in told(wrong.value)


def test_a_wrong_list_of_machines_is_told_before_anything_is_done(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv(VARIABLE, "7")
    assert main(["train", "no such file.nn"]) == 1
    assert "error[NN773]: TF_CONFIG has no list of workers" in capsys.readouterr().err


def test_who_is_alone_has_no_cluster() -> None:
    assert cluster_from({}) is cluster_from({VARIABLE: ""}) is cluster_from(config(("a:1",), 0)) is None
    with joined(None) as team:
        assert team is ALONE and team.chief
        assert (team.gathered(3), team.shared(4), team.any(0), team.sent(b"5"), team.run_in("r")) == ([3], 4, 0, b"5", "r")
        assert team.loss() is None


def test_an_index_may_be_text_as_shells_write_it() -> None:
    text = json.dumps({"cluster": {"worker": ["a:1", "[::1]:2"]}, "task": {"type": "worker", "index": "1"}})
    assert cluster_from({VARIABLE: text}) == Cluster(("a:1", "[::1]:2"), 1)


# What they tell each other -----------------------------------------------------------------------


def test_what_one_has_all_get(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "_BEAT", 0.01)  # so that what is said between the values is heard, too
    large = bytes(range(256)) * 20_000

    def work(team: Team) -> list[Any]:
        found: list[Any] = [team.gathered([team.number, None, float("inf")]), team.shared({"chief": team.number}), team.run_in(f"run {team.number}")]
        found += [team.any(0 if team.number < 1 else 10 * team.number), team.any(False), team.sent(large if team.chief else b"") == large]
        return found

    expected = [[[number, None, float("inf")] for number in range(3)], {"chief": 0}, "run 0", 10, False, True]
    assert each(3, work) == [expected] * 3


def test_one_who_leaves_says_why_and_the_others_leave_too() -> None:
    def work(team: Team) -> None:
        team.run_in("runs/net/001")
        if team.number == 1:
            raise UserError(Diagnostic(None, "the disk is full"))
        team.gathered(team.number)
        team.gathered(team.number)

    first, failed, third = each(3, work)
    assert failed.endswith(": the disk is full")
    assert first == third == f"NN777: worker 1 (B) has stopped: {failed}"


def test_one_who_is_gone_without_a_word_is_named_by_all_others() -> None:
    def work(team: Team) -> None:
        team.run_in("runs/net/001")
        if team.number == 1:
            for one in team.lines.values():  # type: ignore[attr-defined]
                one.close()
        try:
            while True:
                team.gathered(None)
        except UserError as lost:
            (note,) = lost.diagnostics[0].notes
            assert "runs/net/001" in note.message
            raise

    first, _, third = each(3, work)
    assert first == third == "NN776: worker 1 (B) is gone, so that the others stop"


def test_one_who_is_silent_for_long_is_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(line, "SILENCE", 1.0)

    def work(team: Team) -> None:
        if team.chief:
            team.gathered(None)
        team.loss()  # says nothing, until the chief is gone

    first, _ = each(2, work)
    assert first == "NN776: worker 1 (B) was not heard of for 1 s, so that the others stop"


def test_a_loss_ends_what_else_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(together, "_GRACE", 0.0)

    def work(team: Team) -> None:
        ended = threading.Event()
        team.on_loss(ended.set)
        team.gathered(None)
        if not team.chief:
            raise KeyboardInterrupt
        assert ended.wait(PATIENCE)
        lost = team.loss()
        assert lost is not None
        raise lost

    with pytest.raises(KeyboardInterrupt):
        each(2, work)


# How they come together --------------------------------------------------------------------------


def test_one_who_does_not_come_is_told() -> None:
    with addresses(3) as workers:
        for index, missing in ((0, f"worker 1 ({workers[1]}) and worker 2 ({workers[2]})"), (1, f"worker 0 ({workers[0]})")):
            with pytest.raises(UserError) as wrong, joined(cluster_from(config(workers, index)), 0.1):
                pass
            assert told(wrong.value) == f"NN774: {missing} did not come within 0 s"


def test_an_address_where_another_listens_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken, addresses(1) as (other,):
        ours = f"127.0.0.1:{taken.getsockname()[1]}"
        with pytest.raises(UserError) as wrong, joined(cluster_from(config((ours, other), 0)), 1):
            pass
    assert told(wrong.value) == f"NN778: cannot listen at {ours}, which TF_CONFIG has for this machine: Address already in use"


def test_another_list_of_machines_is_told_by_both() -> None:
    with addresses(3) as workers, ThreadPoolExecutor(1) as threads:

        def worker() -> str:
            with pytest.raises(UserError) as wrong, joined(cluster_from(config((workers[0], workers[2]), 1)), PATIENCE):
                pass
            return told(wrong.value)

        theirs = threads.submit(worker)
        with pytest.raises(UserError) as wrong, joined(cluster_from(config(workers[:2], 0)), PATIENCE):
            pass
        words = f"NN775: worker 1 ({workers[1]}) has another list of workers than the chief: {workers[0]}, {workers[2]} there"
        assert told(wrong.value).startswith(words)
        assert theirs.result(PATIENCE).startswith(f"NN777: worker 0 ({workers[0]}) has stopped: NN775")


@pytest.mark.parametrize("noise", [b"GET / HTTP/1.1\r\n\r\n", b"", b"h" + (7).to_bytes(8, "little") + b"[1,2,3]", b"h" + b"\xff" * 8])
def test_strangers_who_connect_are_not_taken_for_workers(noise: bytes) -> None:
    with addresses(2) as workers, ThreadPoolExecutor(1) as threads:

        def chief() -> list[int]:
            with joined(cluster_from(config(workers, 0)), PATIENCE) as team:
                return team.gathered(0)

        found = threads.submit(chief)
        host, _, port = workers[0].partition(":")
        while not found.done():
            try:
                with socket.create_connection((host, int(port))) as stranger:
                    stranger.sendall(noise)
                break
            except OSError:
                continue
        with joined(cluster_from(config(workers, 1)), PATIENCE) as team:
            team.gathered(1)
        assert found.result(PATIENCE) == [0, 1]


def test_a_relay_hands_on_what_is_said_and_goes_silent_when_the_other_end_is_gone() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        relay = Relay("127.0.0.1", listener.getsockname()[1])
        with socket.create_connection(host_and_port(relay.address), PATIENCE) as here:
            there, _ = listener.accept()
            here.sendall(b"question")
            assert there.recv(100) == b"question"
            there.sendall(b"answer")
            assert here.recv(100) == b"answer"
            there.close()
            here.settimeout(0.5)
            with pytest.raises(TimeoutError):
                here.recv(100)
    with socket.create_connection(host_and_port(relay.address), PATIENCE) as here:  # nobody listens there: it may try again
        assert here.recv(100) == b""


def test_who_leaves_before_the_end_is_told_why() -> None:
    def work(team: Team) -> None:
        team.on_leaving(lambda failure: told_of.append((team.number, str(failure))))
        if team.number == 1:
            raise UserError(Diagnostic(None, "the disk is full"))
        team.gathered(None)

    told_of: list[tuple[int, str]] = []
    each(2, work)
    assert sorted(number for number, _ in told_of) == [0, 1]
    assert all("the disk is full" in failure for _, failure in told_of)
