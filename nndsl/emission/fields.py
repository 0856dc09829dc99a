"""The fields of a `data` block as lines of NumPy."""

from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from nndsl.data.component import Encoder
from nndsl.data.encoders.categories import Bool, Category, OneHot
from nndsl.data.encoders.frames import Frame
from nndsl.data.encoders.language import Shift, Token
from nndsl.data.encoders.letters import Letters
from nndsl.data.encoders.missing import Fill
from nndsl.data.encoders.numbers import Float, Integer, Minmax, Scale, Standardize
from nndsl.data.encoders.shapes import Even, Pad, Reshape
from nndsl.data.encoders.tokens import LETTERS, WORD, Characters, Tokens, Words
from nndsl.data.fields import FieldPlan
from nndsl.data.forms import Numbers, Texts, known_shape
from nndsl.emission.arithmetic import CannotWrite, Formula, formula
from nndsl.emission.identifiers import field_variable
from nndsl.emission.manuscript import Manuscript
from nndsl.emission.refusals import not_written_encoding, refuse
from nndsl.emission.spelling import value_code
from nndsl.emission.stock import pieces
from nndsl.emission.writing import Call, Code, Named, Page, dictionary, flat, listed, quoted, together

_FEW_CLASSES = 60


class FieldWriter:
    """Writes the lines of one field: from the columns of `table` to an array of its name."""

    def __init__(self, page: Page, field: FieldPlan, manuscript: Manuscript):
        self._page, self._field, self._manuscript = page, field, manuscript
        self.name = field_variable(field.name, {*pieces()})
        self._columns = [f"table[{quoted(one)}]" for one in field.columns]
        self._texts = isinstance(field.form, Texts)
        self._dtype = field.form.type.dtype if isinstance(field.form, Numbers) and len(self._columns) == 1 else "float64"
        self._rank = field.form.type.rank if isinstance(field.form, Numbers) else int(len(self._columns) > 1)
        self._item_rank = 0
        self._ragged, self._size = False, 0
        self._framed = False

    def write(self) -> None:
        """All encoders, one after another; at the end the array has the dtype of the field."""
        for one in self._manuscript.said_of(self._field.span):
            self._page.comment(one)
        if not self._texts:
            several = Call("np.stack", (listed(self._columns), Named("axis", "1"), Named("dtype", quoted(self._dtype))))
            self._assign(self._columns[0] if len(self._columns) == 1 else several)
        for place, encoder in enumerate(self._field.encoders):
            self._place = place
            rule = next((rule for kind, rule in _RULES if isinstance(encoder, kind)), None)
            if rule is None or (self._framed and not isinstance(encoder, OneHot)):
                raise self._refused(encoder, "it comes after a window" if self._framed else "there is no short way to write it")
            rule(self, encoder)
        if self._texts:
            self._numbers()
        dtype = self._field.type.dtype
        if self._dtype != dtype:
            self._assign(f'{self.name}.astype("{dtype}")')

    # Building ------------------------------------------------------------------------------------

    def _assign(self, code: Code) -> None:
        self._page.code(f"{self.name} = ", code)

    def _refused(self, encoder: Encoder, why: str) -> Exception:
        return refuse(not_written_encoding(self._field.name, encoder.called(), why, self._field.encoder_span(self._place)))

    def _number(self, encoder: Encoder, name: str, value: Any) -> str:
        """A number as the file writes it."""
        span = self._field.encoder_span(self._place)
        expression = self._manuscript.arguments(span, encoder.fields()).get(name)
        if expression is not None:
            try:
                found = formula(expression, _unknown, 1)
                if found.values[0] == value:
                    return found.within(6)
            except CannotWrite:
                pass
        return flat(value_code(value))

    def _numbers(self) -> None:
        """Text, read as numbers."""
        if self._texts:
            self._assign(Call("numbers", tuple(self._columns)))
            self._texts, self._dtype = False, "float64"
        elif "float" not in self._dtype:
            self._dtype = "float32" if self._dtype in ("uint8", "int8", "uint16", "int16", "bool", "float16") else "float64"
            self._assign(f'{self.name}.astype("{self._dtype}")')

    # Numbers -------------------------------------------------------------------------------------

    def _float(self, encoder: Float) -> None:
        self._numbers()

    def _integer(self, encoder: Integer) -> None:
        self._numbers() if self._texts else None
        if self._dtype != "int32":
            self._assign(f'{self.name}.astype("int32")')
        self._dtype, self._size = "int32", encoder.below or 0

    def _scale(self, encoder: Scale) -> None:
        self._numbers()
        offset = f" + {self._number(encoder, 'offset', encoder.offset)}" if encoder.offset else ""
        self._assign(f"{self.name} * {self._number(encoder, 'factor', encoder.factor)}{offset}")

    def _standardize(self, encoder: Standardize) -> None:
        self._numbers()
        over = encoder._others(self._rank + 1)
        self._assign(Call("standardized", (self.name, 'rows["train"]', *_over(over))))

    def _minmax(self, encoder: Minmax) -> None:
        self._numbers()
        self._assign(Call("between_0_and_1", (self.name, 'rows["train"]', *_over(tuple(range(max(1, self._rank)))))))

    def _fill(self, encoder: Fill) -> None:
        value, training = encoder.value, f'{self.name}[rows["train"]]'
        if self._texts and (value == "most_frequent" or (isinstance(value, str) and value not in ("mean", "median"))):
            for place, column in enumerate(self._columns):
                name = self.name if len(self._columns) == 1 else f"{self.name}_{place + 1}"
                filling = f"most_frequent_text([{column}[row] for row in rows[\"train\"]])" if value == "most_frequent" else quoted(str(value))
                self._page.code(f"{name} = ", Call("filled_text", (column, filling)))
                self._columns[place] = name
            return
        self._numbers()
        fillings = {"mean": f"np.nanmean({training}, axis=0)", "median": f"np.nanmedian({training}, axis=0)", "most_frequent": f"most_frequent_number({training})"}
        self._assign(Call("filled", (self.name, fillings.get(str(value), flat(value_code(value))))))

    # Classes -------------------------------------------------------------------------------------

    def _category(self, encoder: Category) -> None:
        classes = encoder.classes or self._field.classes or ()
        if len(classes) > _FEW_CLASSES:
            raise self._refused(encoder, f"it would list {len(classes)} classes")
        column = self._columns[0] if self._texts else self.name
        if not self._texts and [*classes] == [str(one) for one in range(len(classes))]:
            self._assign(f'{self.name}.astype("int32")')
        else:
            self._assign(Call("class_numbers", (column, listed(map(quoted, classes)))))
        self._texts, self._dtype, self._size = False, "int32", len(classes)

    def _one_hot(self, encoder: OneHot) -> None:
        if not self._size:
            raise self._refused(encoder, "how many there are is not written")
        self._assign(f'np.eye({self._size}, dtype="float32")[{self.name}]')
        self._dtype = "float32"
        self._rank += 1

    def _bool(self, encoder: Bool) -> None:
        if self._texts and len(self._columns) > 1:
            raise self._refused(encoder, "it takes several columns")
        self._assign(f"truth({self._columns[0]})" if self._texts else f'{self.name}.astype("bool")')
        self._texts, self._dtype = False, "bool"

    # Sequences -----------------------------------------------------------------------------------

    def _letters(self, encoder: Letters) -> None:
        length = encoder.length or known_shape(self._field.type)[0]
        mixtures = dictionary((code, quoted(meant)) for code, meant in encoder.mixtures.items() if meant)
        self._assign(Call("one_hot_letters", (self._columns[0], str(length), quoted(encoder.alphabet), mixtures)))
        self._texts, self._dtype, self._rank = False, "float32", 2

    def _tokens(self, encoder: Tokens) -> None:
        column = self._columns[0]
        text = "text"
        match encoder:
            case Characters():
                split = "list(text)"
            case Words():
                pattern = (WORD if encoder.punctuation else LETTERS).pattern
                text = "text.lower()" if encoder.lowercase else "text"
                split = f're.findall(r"{pattern}", {text})'
            case _:
                raise self._refused(encoder, "there is no short way to write it")
        self._page.line(f"texts = [{split} for text in {column}]")
        size = f", {encoder.vocabulary}" if encoder.vocabulary else ""
        self._page.line(f'ids = vocabulary((one for row in rows["train"] for one in texts[row]){size})')
        self._page.line(f"{self.name} = [[ids.get(one, 1) for one in text] for text in texts]")
        self._texts, self._ragged, self._dtype, self._rank = False, True, "int32", 1
        self._size = self._field.vocabulary or 0
        if encoder.length is not None:
            self._padded(str(encoder.length))

    def _padded(self, length: str) -> None:
        self._assign(f"padded({self.name}, {length})")
        self._ragged = False

    def _pad(self, encoder: Pad) -> None:
        if not self._ragged:
            if self._dtype == "float32" and self._rank == 2:
                return  # letters, which have their length already
            raise self._refused(encoder, "it is of no token ids")
        self._padded(str(encoder.length))

    def _even(self, encoder: Even) -> None:
        if self._ragged:
            self._padded(f'max(len({self.name}[row]) for row in rows["train"])')

    def _token(self, encoder: Token) -> None:
        column = self._columns[0]
        size = f", {encoder.vocabulary}" if encoder.vocabulary else ""
        self._page.line(f'ids = vocabulary(({column}[row] for row in rows["train"]){size})')
        self._assign(f'np.array([ids.get(one, 1) for one in {column}], "int32")')
        self._texts, self._dtype, self._rank, self._size = False, "int32", 0, self._field.vocabulary or 0

    def _shift(self, encoder: Shift) -> None:
        start = f", {self._size - 1}" if encoder.places > 0 else ""  # the start token is the last of the vocabulary
        self._assign(f"shifted({self.name}, {encoder.places}{start})")

    def _reshape(self, encoder: Reshape) -> None:
        self._assign(f"{self.name}.reshape(-1, {', '.join(map(str, encoder.shape))})")
        self._rank = len(encoder.shape)
        assert prod(encoder.shape)

    def _frame(self, encoder: Frame) -> None:
        """Windows are cut when the rows that have an example are known."""
        self._numbers() if self._texts else None
        self._framed = True


def _over(axes: tuple[int, ...]) -> tuple[Code, ...]:
    return () if axes == (0,) else (Named("over", together(map(str, axes))),)


def _unknown(name: str) -> Formula:
    raise CannotWrite


Rule = Callable[[FieldWriter, Any], None]
_RULES: Sequence[tuple[type[Encoder], Rule]] = (
    (Float, FieldWriter._float), (Integer, FieldWriter._integer), (Scale, FieldWriter._scale), (Standardize, FieldWriter._standardize),
    (Minmax, FieldWriter._minmax), (Fill, FieldWriter._fill), (Category, FieldWriter._category), (OneHot, FieldWriter._one_hot),
    (Bool, FieldWriter._bool), (Letters, FieldWriter._letters), (Tokens, FieldWriter._tokens), (Pad, FieldWriter._pad),
    (Even, FieldWriter._even), (Token, FieldWriter._token), (Shift, FieldWriter._shift), (Reshape, FieldWriter._reshape),
    (Frame, FieldWriter._frame),
)  # fmt: skip
