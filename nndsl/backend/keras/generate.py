"""Runs, asked to make something: samples, texts that go on with a prompt, and sequences for sequences."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np

from nndsl.backend.keras.continuing import Speaker
from nndsl.backend.keras.decoding import Beam, Drawing, edits, lengths_of
from nndsl.backend.keras.evaluate import data_of, no_examples, restore_best
from nndsl.backend.keras.feed import Feed
from nndsl.backend.keras.incremental import continuations
from nndsl.backend.keras.learner import surroundings
from nndsl.backend.keras.measuring import layers_and_models
from nndsl.backend.keras.samples import COUNT, samples, start_from_data
from nndsl.data.dataset import Examples
from nndsl.data.fields import FieldPlan
from nndsl.data.forms import Texts
from nndsl.data.rows import read_whole
from nndsl.data.series import frame_of
from nndsl.data.succession import places_ahead
from nndsl.data.tables import take
from nndsl.data.vocabulary import Vocabulary, has_vocabulary
from nndsl.diagnostics import Diagnostic, UserError, error
from nndsl.foresight import Knowledge, foresight
from nndsl.frozen import Frozen
from nndsl.generation import NotApplicable, TokenErrors, Wish, Written
from nndsl.interruption import Interruption
from nndsl.program import Training
from nndsl.progress import Progress
from nndsl.reopening import reopened
from nndsl.run import Run

Array: TypeAlias = np.ndarray[Any, Any]

_TOKENS = 200
"""How many tokens of running text are written where nothing else is asked for."""
_TOGETHER = 128
"""How many sequences are written side by side."""


@error("NN726")
def nothing_to_generate(run: Run) -> Diagnostic:
    """A run generates the tensors that its file names in `samples`; or texts, if its network says what comes next.

        layer generator = Generator(64)
        fake    = normal(64) -> generator
        samples = fake

    What comes next is the target of a language model, and of a decoder:

        tokens = source.character -> token -> windows(128, stride=128)
        next   = source.character -> token -> windows(128, ahead=1)

        before = source.phonemes -> words(length=20) -> shift(1)
        after  = source.phonemes -> words(length=20)
    """
    message = f"the training of {run.folder} has no `samples`, and its network does not say what token comes next"
    return Diagnostic(None, message, repair="name a tensor: `samples = fake`, and train anew")


@error("NN727")
def unknown_tokens(strangers: Sequence[str], what: str) -> Diagnostic:
    """A prompt has characters or words that the training examples have not, so that nothing was learnt about them."""
    shown = ", ".join(f"`{one if one.isprintable() else one.encode('unicode_escape').decode()}`" for one in strangers[:10])
    more = f" and {len(strangers) - 10} more" if len(strangers) > 10 else ""
    return Diagnostic(None, f"{what} has not learnt {shown}{more}, which the prompt has", repair="write the prompt without")


@error("NN730")
def prompt_too_long(length: int, longest: int) -> Diagnostic:
    """A prompt is longer than the sequences that the network has learnt with."""
    return Diagnostic(None, f"the prompt has {length} tokens, and the network has learnt with at most {longest}", repair="give a shorter one")


class Writer(Frozen, eq=False):
    """A training whose network writes.

    Attributes:
        before: the field that holds what was written before each place.
        target: the field that holds what is to be written there.
        sources: the other inputs; a language model has none.
        output: the output that says it.
    """

    training: Training
    before: FieldPlan
    target: FieldPlan
    sources: tuple[FieldPlan, ...]
    output: str

    @property
    def longest(self) -> int:
        """How many places its sequences have."""
        length = self.before.type.shape[0]
        assert isinstance(length, int)
        return length

    @property
    def ends(self) -> bool:
        """Whether its sequences have an end; a window of running text has none."""
        return frame_of(self.target.encoders) is None

    def vocabulary(self, field: FieldPlan, state: Mapping[str, Any]) -> Vocabulary:
        """The tokens of one of its fields, of which the run has kept what their encoders learnt."""
        return Vocabulary(field, self.training.data.source, state["encoders"][field.name])


def writer_of(training: Training) -> Writer | None:
    """How a training's network writes; None if none of its outputs is what comes after one of its inputs."""
    for output, name in training.targets.items():
        graph = next(iter(training.learnt.values())).network.graph
        inputs, target, said = [training.data.fields[one] for one in graph.inputs], training.data.fields[name], graph.outputs[output]
        for before in inputs:
            follows = has_vocabulary(before) and places_ahead(target, before) == 1 and graph.type_of(said).rank == 2
            if follows and foresight(graph, before.name)[said].knowledge is not Knowledge.NOTHING:
                return Writer(training, before, target, tuple(one for one in inputs if one is not before), output)
    return None


# What is asked -----------------------------------------------------------------------------------


def generate(run: Run, wish: Wish, progress: Progress | None = None) -> Written | list[Array]:
    """What a run's best model makes: the tensors of the training's `samples`, or texts.

    Raises:
        UserError: the run or its file are not what they were; or there is nothing that it could make.
        NotApplicable: something is wished for that does not go with this training.
    """
    training, state = reopened(run)
    if training.samples:
        wish.refuse("prompt", "data", "length", "temperature", "top_k", "beam", because="the samples of a generative network")
        return _samples(run, training, state, wish)
    writer = writer_of(training)
    if writer is None:
        raise UserError(nothing_to_generate(run))
    if wish.beam is not None:
        wish.refuse("temperature", "top_k", "count", because="a beam, which finds one text and draws nothing")
    progress = progress or Progress()
    with surroundings(training.precision, run.settings["settings"]["seed"]):
        task = _Translating(run, writer, state, wish) if writer.sources else _Continuing(writer, state, wish)
        layers, _ = layers_and_models(training)
        restore_best(run, layers, progress)
        graph = next(iter(training.learnt.values())).network.graph
        speaker = Speaker(graph, layers, writer.before.name, graph.outputs[writer.output])
        try:
            return task.written(speaker, progress)
        finally:
            progress.end()


def _samples(run: Run, training: Training, state: Mapping[str, Any], wish: Wish) -> list[Array]:
    feed = None
    if start_from_data(training):
        dataset = data_of(run, training, state, Progress())
        feed = Feed(dataset[dataset.shown].fields, training.input_types, training.batch)
    with surroundings(training.precision, run.settings["settings"]["seed"]):
        layers, _ = layers_and_models(training)
        restore_best(run, layers, Progress())
        return samples(training, layers, feed, wish.count or COUNT, wish.seed)


def _allowed(writer: Writer, vocabulary: Vocabulary) -> Array:
    """Which ids may be written: those of tokens, and the end where there is one."""
    graph = next(iter(writer.training.learnt.values())).network.graph
    size = graph.type_of(graph.outputs[writer.output]).shape[-1]
    assert isinstance(size, int)
    ids = np.arange(size)
    return np.asarray((ids >= 2) & (ids < vocabulary.size) | ((ids == 0) & writer.ends))


def _strategy(writer: Writer, vocabulary: Vocabulary, wish: Wish, temperature: float) -> Drawing | Beam:
    allowed = _allowed(writer, vocabulary)
    if wish.beam is not None:
        return Beam(allowed, wish.beam)
    return Drawing(allowed, temperature if wish.temperature is None else wish.temperature, wish.top_k, wish.seed)


class _Continuing:
    """A language model: texts that go on with a prompt."""

    def __init__(self, writer: Writer, state: Mapping[str, Any], wish: Wish):
        wish.refuse("data", because="a language model, which goes on with a prompt")
        self._wish, self._prompt = wish, wish.prompt or ""
        self._vocabulary, before = writer.vocabulary(writer.target, state), writer.vocabulary(writer.before, state)
        _refuse_strangers(before, self._prompt, writer.training.name)
        self._ids = [*([] if before.start is None else [before.start]), *before.ids(self._prompt)]
        if not self._ids:
            raise NotApplicable("give it a beginning, such as --prompt \"The\": this language model has learnt to go on, and not to begin")
        self._most = wish.length or _TOKENS
        if writer.ends:
            if len(self._ids) > writer.longest:
                raise UserError(prompt_too_long(len(self._ids), writer.longest))
            self._most = min(wish.length or writer.longest, writer.longest + 1 - len(self._ids))
        self._strategy = _strategy(writer, self._vocabulary, wish, temperature=1.0)

    def written(self, speaker: Speaker, progress: Progress) -> Written:
        rows = self._wish.count or 1
        continuation = continuations(speaker).begin({}, rows)
        progress.begin(1, self._most, 1)
        with Interruption() as interruption:

            def on(done: int) -> bool:
                progress.busy("writing", done, self._most)
                return interruption.asked is None

            ids = self._strategy.write(continuation, np.tile(self._ids, (rows, 1)), self._most, on)
        texts = [self._vocabulary.continued(self._prompt, one) for one in ids.tolist()]
        return Written({"text": texts}, continues=True, interrupted=interruption.asked is not None)


class _Translating:
    """A decoder: a sequence for each source, which is one prompt, or a row of a file, or a test example."""

    def __init__(self, run: Run, writer: Writer, state: Mapping[str, Any], wish: Wish):
        wish.refuse("count", because="a network that writes one sequence for each source")
        self._writer, self._targets = writer, None
        self._vocabulary = writer.vocabulary(writer.target, state)
        names = [one.name for one in writer.sources]
        data = writer.training.data
        if wish.prompt is not None:
            wish.refuse("data", because="a prompt: there is one source, or a file of them")
            self._examples = data.encode({self._column(state, wish.prompt): [wish.prompt]}, state, names)
        elif wish.data is not None:
            self._examples = data.encode(wish.data, state, names)
        else:
            self._examples = _test_examples(run, writer.training, state)
            self._targets = self._examples.fields[writer.target.name]
        self._most = min(wish.length or writer.longest, writer.longest)
        self._start = writer.vocabulary(writer.before, state).start
        if self._start is None:
            raise NotApplicable("the network has learnt to go on, and not to begin: give its sequences a start token, by `shift(1)`")
        self._strategy = _strategy(writer, self._vocabulary, wish, temperature=0.0)

    def _column(self, state: Mapping[str, Any], prompt: str) -> str:
        """The column of the data that a prompt stands for."""
        columns = {column for one in self._writer.sources for column in one.columns}
        if len(columns) != 1 or not isinstance(self._writer.sources[0].form, Texts):
            raise NotApplicable(f"a prompt is one text, and the network takes {', '.join(sorted(columns))}: give it a file")
        for one in self._writer.sources:
            if has_vocabulary(one):
                _refuse_strangers(self._writer.vocabulary(one, state), prompt, self._writer.training.name)
        return columns.pop()

    def written(self, speaker: Speaker, progress: Progress) -> Written:
        count = len(self._examples)
        progress.begin(1, count, 1)
        with Interruption() as interruption:
            parts = list(self._parts(speaker, lambda done: progress.busy("writing", done, count), lambda: interruption.asked is None))
        ids = np.concatenate(parts) if parts else np.zeros((0, self._most), np.int64)
        columns = {name: values[: len(ids)] for name, values in self._source_columns().items()}
        if self._targets is not None:
            columns["target"] = [self._vocabulary.text(one) for one in self._targets[: len(ids)].tolist()]
        columns["generated"] = [self._vocabulary.text(one) for one in ids.tolist()]
        return Written(columns, errors=self._errors(ids), interrupted=len(ids) < count)

    def _parts(self, speaker: Speaker, tell: Callable[[int], None], on: Callable[[], bool]) -> Iterator[Array]:
        """What is written for the sources, so many at a time, as long as nobody interrupts."""
        count = len(self._examples)
        together, kind = min(_TOGETHER, count), continuations(speaker)
        for first in range(0, count, together):
            rows = np.minimum(np.arange(first, first + together), count - 1)  # the last batch is filled up: one size, one function
            sources = {one.name: self._examples.fields[one.name][rows] for one in self._writer.sources}
            prompt = np.full((together, 1), self._start)
            ids = self._strategy.write(kind.begin(sources, together), prompt, self._most, lambda _: on(), first)
            if not on():
                return
            tell(min(first + together, count))
            yield ids[: count - first]

    def _source_columns(self) -> dict[str, list[Any]]:
        """The columns of the data that the sources are made of, as far as they are texts (and not pictures)."""
        table = self._examples.table
        named = dict.fromkeys(column for one in self._writer.sources for column in one.columns)
        names = [name for name in named if isinstance(table.columns[name], Texts)]
        columns = read_whole(table, names)
        return {name: take(columns[name], self._examples.rows).to_pylist() for name in names}

    def _errors(self, ids: Array) -> TokenErrors | None:
        if self._targets is None or not len(ids):
            return None
        targets = self._targets[: len(ids)]
        wrong = edits(ids, targets)
        return TokenErrors(int(wrong.sum()), int(lengths_of(targets).sum()), int((wrong == 0).sum()), len(ids))


def _test_examples(run: Run, training: Training, state: Mapping[str, Any]) -> Examples:
    dataset = data_of(run, training, state, Progress())
    if not len(dataset.splits.get("test", ())):
        raise UserError(no_examples(run, "test"))
    return dataset.splits["test"]


def _refuse_strangers(vocabulary: Vocabulary, prompt: str, name: str) -> None:
    strangers = vocabulary.strangers(prompt)
    if strangers and not vocabulary.is_cut:
        raise UserError(unknown_tokens(strangers, name))
