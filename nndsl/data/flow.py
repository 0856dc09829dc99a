"""Work that goes on in threads, ahead of who waits for it. What does not come is reported, not waited for forever.

Threads are enough: Arrow, NumPy, Pillow and files let go of Python while they work. They are daemons, so that one that
hangs does not keep the process from ending.
"""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Semaphore, Thread
from typing import Any, TypeVar

from nndsl.data.tables import Stalled

T = TypeVar("T")
R = TypeVar("R")

PATIENCE = 120.0
"""Seconds without a piece of data after which a source, or a thread, counts as one that hangs."""
THREADS = max(2, min(8, os.cpu_count() or 1))


def ahead(items: Iterable[T], label: str, depth: int = 1) -> Iterator[T]:
    """The same items, taken by a thread that is up to `depth` of them ahead.

    Raises:
        Stalled: no item came for a long time.
    """
    arrived: SimpleQueue[Future[T] | None] = SimpleQueue()
    room, wanted = Semaphore(depth), [True]

    def deliver() -> None:
        try:
            for item in items:
                arrived.put(_done(item))
                room.acquire()
                if not wanted[0]:
                    return
            arrived.put(None)
        except BaseException as failure:  # noqa: BLE001 - whatever it is, it is raised again where the items are used
            arrived.put(_failed(failure))

    Thread(target=deliver, daemon=True).start()
    try:
        while (one := _in_time(lambda: arrived.get(timeout=PATIENCE), label)) is not None:
            yield one.result()
            room.release()
    finally:
        wanted[0] = False
        room.release()


def in_parallel(work: Callable[[T], R], items: Iterable[T], label: str) -> Iterator[R]:
    """The result of some work on each item, in their order; a few items are worked on at a time.

    Raises:
        Stalled: a result did not come for a long time.
    """
    jobs: SimpleQueue[tuple[Future[R], T] | None] = SimpleQueue()
    under_way: deque[Future[R]] = deque()
    for _ in range(THREADS):
        Thread(target=_work, args=(work, jobs), daemon=True).start()
    try:
        for item in items:
            under_way.append(Future())
            jobs.put((under_way[-1], item))
            if len(under_way) > THREADS:
                yield _result(under_way.popleft(), label)
        while under_way:
            yield _result(under_way.popleft(), label)
    finally:
        for _ in range(THREADS):
            jobs.put(None)


def _work(work: Callable[[T], R], jobs: "SimpleQueue[tuple[Future[R], T] | None]") -> None:
    while (job := jobs.get()) is not None:
        future, item = job
        try:
            future.set_result(work(item))
        except BaseException as failure:  # noqa: BLE001 - raised again by who waits for the result
            future.set_exception(failure)
        del job, future, item  # else the last one is held while waiting for the next


def _result(future: "Future[R]", label: str) -> R:
    return _in_time(lambda: future.result(timeout=PATIENCE), label)


def _in_time(wait: Callable[[], T], label: str) -> T:
    from queue import Empty

    try:
        return wait()
    except (Empty, TimeoutError):
        raise Stalled(f"{label} has delivered nothing for {PATIENCE:g} seconds", "see whether its disk or network answers") from None


def _done(item: T) -> "Future[T]":
    future: Future[T] = Future()
    future.set_result(item)
    return future


def _failed(failure: BaseException) -> "Future[Any]":
    future: Future[Any] = Future()
    future.set_exception(failure)
    return future
