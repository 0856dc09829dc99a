"""What can be wrong with names, arguments and values."""

from collections.abc import Collection, Iterable, Sequence

from nndsl.catalogue.applicable import Applicable
from nndsl.catalogue.component import Component
from nndsl.diagnostics import Diagnostic, Note, did_you_mean, error
from nndsl.source import Span
from nndsl.syntax import ast

Notes = tuple[Note, ...]


def listed(names: Iterable[str], join: str = "and") -> str:
    """`a`, `b` and `c`."""
    quoted = [f"`{name}`" for name in names]
    return f" {join} ".join(filter(None, [", ".join(quoted[:-1]), quoted[-1] if quoted else ""]))


def there_are(names: Iterable[str]) -> str:
    """What there is to choose from: there are `a` and `b`."""
    known = list(names)
    return f"there {'is' if len(known) == 1 else 'are'} {listed(known)}"


@error("NN201")
def unknown_name(name: str, span: Span, known: Collection[str], notes: Notes = (), context: str | None = None) -> Diagnostic:
    """A name stands for nothing here: it is misspelled, or it is used before it is bound.

    Names come from the statements above, from the parameters of the block or network, from `param` and imports,
    and from the catalogue: layers (`Dense`) and functions (`relu`). Nothing is guessed.

        h = image -> Convv2D(32, 3)

    Mended:

        h = image -> Conv2D(32, 3)
    """
    if context is not None:
        notes = (*notes, Note(context))
    noun = Component.noun_of(name)
    if noun is not None and name not in known:
        return Diagnostic(span, f"`{name}` is {noun}, and cannot stand here", notes)
    return Diagnostic(span, f"`{name}` is not defined", notes, did_you_mean(name, known))


def used_too_early(name: str, span: Span, bound: Span, notes: Notes) -> Diagnostic:
    message = f"`{name}` is not defined yet"
    return Diagnostic(span, message, (Note("it gets its value only here", bound), *notes), "move this line below that one",
                      code=unknown_name(name, span, ()).code)


@error("NN202")
def unknown_argument(message: str, span: Span, repair: str | None, notes: Notes = ()) -> Diagnostic:
    """A layer, function or setting has no argument of this name. Names are those of Keras.

        h = image -> Conv2D(32, 3, pading=same)

    Mended:

        h = image -> Conv2D(32, 3, padding=same)
    """
    return Diagnostic(span, message, notes, repair)


@error("NN203")
def wrong_argument(message: str, span: Span, repair: str | None = None, notes: Notes = ()) -> Diagnostic:
    """An argument is missing, is given twice, or is not what the component takes.

        h = image -> Conv2D(0, 3, padding=both)

    Mended:

        h = image -> Conv2D(32, 3, padding=same)
    """
    return Diagnostic(span, message, notes, repair)


def too_many_arguments(definition: ast.Definition, count: int, span: Span) -> Diagnostic:
    names = [one.name for one in definition.parameters or ()]
    takes = f"takes {listed(names)}" if names else "has no parameters"
    message = f"the {definition.kind} `{definition.name}` {takes}, and gets {count} {'argument' if count == 1 else 'arguments'}"
    return wrong_argument(message, span, notes=(_defined_here(definition),))


def wrong_parameter(definition: ast.Definition, name: str, span: Span, twice: bool) -> Diagnostic:
    what = f"the {definition.kind} `{definition.name}`"
    if twice:
        return wrong_argument(f"{what} gets `{name}` twice: by position, and by name", span)
    names = [one.name for one in definition.parameters or ()]
    takes = f"it takes {listed(names)}" if names else "it has no parameters"
    repair = did_you_mean(name, names) or takes
    return unknown_argument(f"{what} has no parameter `{name}`", span, repair, (_defined_here(definition),))


def missing_arguments(definition: ast.Definition, missing: Sequence[str], span: Span) -> Diagnostic:
    written = f"{definition.name}({', '.join(f'{name}=...' for name in missing)})"
    return wrong_argument(
        f"the {definition.kind} `{definition.name}` needs {listed(missing)}", span, f"write `{written}`", (_defined_here(definition),)
    )


def _defined_here(definition: ast.Definition) -> Note:
    return Note("it is defined here", definition.head)


@error("NN204")
def not_appliable(description: str, span: Span) -> Diagnostic:
    """An arrow leads to something that cannot be applied to a tensor.

    To the right of `->` stands a layer, a function, a block, a network, or a chain of them.

        h = image -> 64

    Mended:

        h = image -> Dense(64)
    """
    return Diagnostic(span, f"an arrow leads to a layer or a function, not to {description}")


@error("NN205")
def not_a_tensor(description: str, span: Span) -> Diagnostic:
    """A tensor is needed here, and this is something else.

        h = width -> Dense(64)                        # width is a number

    Mended:

        h = image -> Dense(width)
    """
    return Diagnostic(span, f"a tensor is needed here, not {description}")


def no_tensors_here(span: Span) -> Diagnostic:
    return not_a_tensor("a call: there are no tensors outside networks, blocks and training", span)


def tensor_subscript(span: Span) -> Diagnostic:
    return Diagnostic(
        span, "a tensor is not taken apart by `[...]`", (), "use `take(x, 0, axis=1)` for one position, or `slice` for several",
        code=not_a_tensor("", span).code,
    )


@error("NN206")
def not_callable(description: str, span: Span) -> Diagnostic:
    """Something is called that takes no arguments.

        param width = 16
        h = image -> Dense(width(2))

    Mended:

        h = image -> Dense(2 * width)
    """
    return Diagnostic(span, f"only layers, functions, blocks and networks are called, not {description}")


def called_twice(call: ast.Call) -> Diagnostic:
    repair = "tensors go to a layer along an arrow: `x -> layer`"
    return Diagnostic(call.span, "this already has its arguments", (), repair, code=not_callable("", call.span).code)


@error("NN207")
def wrong_operand_count(
    component: type[Applicable], count: int, least: int, most: int | None, span: Span, notes: Notes = ()
) -> Diagnostic:
    """A layer or function was given too many or too few tensors.

    Several tensors go in as a tuple; several results come out as one, and are taken apart by names.

        h = (query, value, key, mask, more) -> MultiHeadAttention(8, key_dim=64)
        y = x -> LSTM(64, return_state=true) -> Dense(1)

    Mended:

        h = (query, value) -> MultiHeadAttention(8, key_dim=64)
        (y, state, memory) = x -> LSTM(64, return_state=true)
    """
    names = listed(f"*{one.name}" if one.variadic else one.name for one in component.operands())
    few = f"at least {least}" if most is None else str(least) if least == most else f"{least} to {most}"
    tensors = "tensor" if few == "1" else "tensors"
    return Diagnostic(span, f"{component.called()} takes {few} {tensors} ({names}), and gets {count}", notes)


@error("NN208")
def impossible_arithmetic(message: str, span: Span, notes: Notes = ()) -> Diagnostic:
    """An operation that these values do not have.

    Numbers, sizes, strings and lists are calculated with while the file is compiled.

        h = x -> Dense(64 / 0) -> Dense("64" * 2)

    Mended:

        h = x -> Dense(64) -> Dense(128)
    """
    return Diagnostic(span, message, notes)


@error("NN209")
def undecided_size(message: str, span: Span, notes: Notes = ()) -> Diagnostic:
    """A condition depends on a size that is still a name, and could turn out either way.

    What a network looks like is decided when it is compiled, so a condition cannot wait for the data.

        input seq: float[L, 4]
        h = seq -> (MaxPooling1D(2) if L > 100 else Identity)

    Mended, by a parameter that says what is wanted, or by a fixed length:

        input seq: float[200, 4]
    """
    return Diagnostic(span, message, notes, "give the size a number, or decide by a parameter")


@error("NN210")
def not_a_condition(description: str, span: Span) -> Diagnostic:
    """A condition is `true` or `false`; numbers, tensors and words do not count as either.

        h = x if n else y

    Mended:

        h = x if n > 0 else y
    """
    return Diagnostic(span, f"a condition is true or false, not {description}", (), "compare it with something: `... == ...`")


@error("NN212")
def wrong_repetition(description: str, span: Span) -> Diagnostic:
    """A layer or block is repeated a whole number of times.

        h = x -> Residual(64) * 1.5

    Mended:

        h = x -> Residual(64) * 2
    """
    return Diagnostic(span, f"a layer is repeated a whole number of times, at most 100,000, not {description}")


@error("NN213")
def unknown_attribute(description: str, attribute: ast.Attribute, known: Collection[str]) -> Diagnostic:
    """What stands before the dot has nothing of this name.

    Tensors have `.shape`, `.rank`, `.dtype` and `.receptive_field`; data has its fields, and a field what is known of it.

        model = Net(classes=Photos.label.clases)

    Mended:

        model = Net(classes=Photos.label.classes)
    """
    has = f"it has {listed(known)}" if known else None
    repair = did_you_mean(attribute.name, known) or has
    return Diagnostic(attribute.name_span, f"{description} has no `{attribute.name}`", (), repair)


@error("NN214")
def out_of_place(what: str, where: str, span: Span, repair: str | None = None) -> Diagnostic:
    """A statement stands where it has no meaning.

    At the top of a file stand imports, `param`, `block`, `network`, `data` and `train`; tensors are made in blocks
    and networks only.

        param width = 16
        h = image -> Dense(width)

    Mended:

        network Net {
          input image: float[64]
          output h = image -> Dense(width)
        }
    """
    return Diagnostic(span, f"{what} does not belong {where}", (), repair)


@error("NN215")
def defined_twice(name: str, span: Span, first: Span) -> Diagnostic:
    """Two definitions of one file have the same name.

        block Cell(n) { Dense(n) }
        block Cell(n) { LSTM(n) }

    Mended:

        block DenseCell(n) { Dense(n) }
        block Cell(n) { LSTM(n) }
    """
    return Diagnostic(span, f"`{name}` is defined twice", (Note("it was first defined here", first),), "give one of them another name")


@error("NN216")
def wrong_unpacking(names: int, found: int | None, description: str, span: Span) -> Diagnostic:
    """Names on the left of `=`, or in a `for`, do not fit what they take apart.

        (out, state) = x -> LSTM(8, return_state=true)          # there are three results

    Mended:

        (out, state, memory) = x -> LSTM(8, return_state=true)
    """
    repair = None if found is None else "write 1 name" if found == 1 else f"write {found} names"
    return Diagnostic(span, f"{names} names cannot take apart {description}", (), repair)


@error("NN217")
def not_a_list(description: str, span: Span) -> Diagnostic:
    """A `for` runs over a list, which `range(n)` also makes.

        for i in 3 { h = h -> Dense(64) }

    Mended:

        for i in range(3) { h = h -> Dense(64) }
    """
    return Diagnostic(span, f"a loop runs over a list, not over {description}", (), "write a list: `[1, 2, 3]` or `range(3)`")


@error("NN218")
def recursive(chain: Sequence[ast.Definition], span: Span) -> Diagnostic:
    """A block uses itself, directly or through others, and would never end.

        block Tower(n) { Dense(n) -> Tower(n - 1) }

    Mended, by a repetition or a loop:

        block Tower(n) { Dense(n) * 5 }
    """
    path = " -> ".join(one.name for one in chain)
    notes = tuple(Note(f"`{one.name}` is defined here", one.head) for one in chain[:-1])
    return Diagnostic(span, f"`{chain[0].name}` uses itself: {path}", notes, "repeat with `* n` or a `for` loop instead")


@error("NN219")
def layers_differ(span: Span, declared: Span) -> Diagnostic:
    """A shared block makes other layers for this input than for its first, so that they cannot share weights.

    It happens where a block decides by the size of its input which layers it makes.
    """
    return Diagnostic(
        span,
        "this shared block would make other layers here than in its first use",
        (Note("it is shared here", declared),),
        "apply it to tensors of the same shape, or use a block of its own",
    )


@error("NN220")
def later(what: str, span: Span, repair: str | None = None) -> Diagnostic:
    """The language has this, and this version of nndsl does not do it yet. It is refused rather than half done."""
    return Diagnostic(span, f"{what} cannot be done yet", (), repair)


@error("NN221")
def unknown_parameter(name: str, known: Collection[str]) -> Diagnostic:
    """`--set` names a parameter that the file does not have.

        nndsl check net.nn --set widht=32             # the file says: param width = 16
    """
    has = f"the file has {listed(known)}" if known else "the file has no `param`"
    return Diagnostic(None, f"there is no parameter `{name}` to set", (), did_you_mean(name, known) or has)


@error("NN222")
def override_type(name: str, value: str, default: str, span: Span) -> Diagnostic:
    """`--set` gives a parameter a value of another kind than its default has.

        nndsl check net.nn --set width=wide           # the file says: param width = 16
    """
    return Diagnostic(
        span, f"`{name}` was set to {value} on the command line, and its default is {default}", (),
        "give it a value of the same kind",
    )


@error("NN223")
def nested_too_deeply(span: Span) -> Diagnostic:
    """An expression, or a chain of blocks that use each other, is nested too deeply to be evaluated."""
    return Diagnostic(span, "this is nested too deeply", (), "give parts of it names of their own")


def too_many_blocks_inside(span: Span, most: int) -> Diagnostic:
    message = f"blocks that use blocks are nested too deeply here: the limit is {most}"
    return Diagnostic(span, message, (), "put what they do one after the other", code=nested_too_deeply(span).code)


@error("NN604")
def setting_twice(name: str, span: Span, first: Span) -> Diagnostic:
    """A setting or field of a body is given twice. Only one of the two could count."""
    return Diagnostic(span, f"`{name}` is set twice", (Note("it is first set here", first),), "keep one of them")


@error("NN406")
def no_receptive_field(reason: str, span: Span) -> Diagnostic:
    """A receptive field is asked for that there is not.

    It counts how many positions of the input a position of a tensor can see. Where every position sees the whole input (after
    `Flatten`, a recurrent layer, attention or global pooling), there is no such number. It may be asked of any tensor:

        hits = sequence -> Conv1D(64, 8, activation=relu)
        output bound = hits -> GlobalMaxPool1D -> Dense(1)
        check hits.receptive_field >= 8
    """
    return Diagnostic(span, reason, (), "delete the check, or ask it of a tensor before that layer: `check name.receptive_field >= 8`")
