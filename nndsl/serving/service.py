"""The one thread that knows the network: it answers one request after the other, so that nobody else has to be careful."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import AbstractContextManager
from pathlib import Path
from queue import SimpleQueue
from tempfile import TemporaryDirectory
from threading import Thread
from typing import TYPE_CHECKING, Any, TypeVar

from nndsl.data.broken import broken_source
from nndsl.data.series import Layout, layout
from nndsl.data.tables import DataError, Table
from nndsl.diagnostics import UserError
from nndsl.predictions import Predictions, joined
from nndsl.serving import rows, schema
from nndsl.serving.uploads import openers

if TYPE_CHECKING:
    from nndsl.backend.keras.evaluate import Answerer
    from nndsl.backend.keras.predictor import Predictor

T = TypeVar("T")

JSON = "application/json"


class UnknownMedia(Exception):
    """A body is of a kind that this network takes nothing from; the text is a sentence without its full stop."""


class Service:
    """A run that answers requests.

    Attributes:
        name: of the training.
        most_rows: how many rows a request may have.
        blank: what it says of an example of zeros: the columns of an answer.
    """

    def __init__(self, asked: "Answerer", most_rows: int):
        """Load the network, and let it compile what answers.

        Raises:
            UserError: its weights are gone, or damaged.
        """
        self.asked, self.most_rows = asked, most_rows
        self.name = asked.training.name
        self._forms = asked.columns
        self._openers = openers(asked.training.data.source, self._forms)
        self._jobs: SimpleQueue[tuple[Future[Any], Callable[[Predictor], Any]]] = SimpleQueue()
        ready: Future[None] = Future()
        Thread(target=_work, args=(asked.answering, ready, self._jobs), daemon=True).start()
        ready.result()
        self.blank: Predictions = self._put(lambda predictor: predictor.tried()).result()

    # What it takes and says ----------------------------------------------------------------------

    @property
    def media(self) -> tuple[str, ...]:
        """The kinds of body that it takes."""
        return (JSON, *self._openers)

    @property
    def series(self) -> Layout | None:
        """How far examples reach, where the rows of a request are a series with windows."""
        return layout(list(self.asked.inputs.values()), with_baselines=False)

    def row_schema(self) -> schema.Schema:
        return schema.row(list(self.asked.inputs.values()), self.asked.state["encoders"], self._forms)

    def prediction_schema(self) -> schema.Schema:
        training = self.asked.training
        fields = {output: training.data.fields[name] for output, name in training.targets.items()}
        classes = {output: one.classes for output, one in fields.items() if one.classes}
        return schema.prediction(self.blank.columns, classes)

    # Asking --------------------------------------------------------------------------------------

    def ask(self, body: bytes, media: str) -> "Future[Predictions]":
        """What it says of the rows of a body.

        The future raises `WrongRequest` and `UserError`: the body is not what it should be, or its rows do not fit.

        Raises:
            UnknownMedia: nothing is taken from such a body.
        """
        if media not in self.media:
            raise UnknownMedia(f"a body of {media or 'no type'} is not taken; send {', '.join(self.media)}")
        return self._put(lambda predictor: self._answer(predictor, body, media))

    def _put(self, job: "Callable[[Predictor], T]") -> "Future[T]":
        future: Future[T] = Future()
        self._jobs.put((future, job))
        return future

    def _answer(self, predictor: "Predictor", body: bytes, media: str) -> Predictions:
        if media == JSON:
            columns = rows.columns(rows.parsed(body), self._forms, self.most_rows)
            return self._said(predictor, columns)
        name, opened = self._openers[media]
        with TemporaryDirectory(prefix="nndsl-") as folder:
            path = Path(folder) / name
            path.write_bytes(body)
            try:
                table = opened(path)
                if table.count is None:
                    rows.check_count(_counted(table), self.most_rows)
            except DataError as failure:
                raise UserError(broken_source(failure, None)) from None
            return self._said(predictor, table)

    def _said(self, predictor: "Predictor", data: Table | Mapping[str, Any]) -> Predictions:
        return joined(list(predictor.batches(self.asked.other(data).blocks())))


def _counted(table: Table) -> int:
    from nndsl.data.rows import Rows

    return Rows(table).count()


def _work(
    answering: "Callable[[], AbstractContextManager[Predictor]]", ready: "Future[None]", jobs: "SimpleQueue[tuple[Future[Any], Callable[[Predictor], Any]]]"
) -> None:
    try:
        with answering() as predictor:
            ready.set_result(None)
            while True:
                future, job = jobs.get()
                if future.set_running_or_notify_cancel():
                    try:
                        future.set_result(job(predictor))
                    except BaseException as failure:  # noqa: BLE001 - raised again by who waits for the answer
                        future.set_exception(failure)
                del future, job
    except BaseException as failure:  # noqa: BLE001 - raised again by who waits for the service
        ready.set_exception(failure)
