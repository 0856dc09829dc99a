"""Names of a file as names of Python."""

import keyword
import re

from nndsl.catalogue.component import snake_case

TAKEN = frozenset(
    {"keras", "layers", "ops", "np", "tf", "re", "csv", "gzip", "json", "math", "Path", "Counter", "build", "numbered", "self"}
)
"""What every emitted program may have imported, or defines."""
_BUILT_IN = frozenset({"input", "min", "max", "sum", "len", "range", "zip", "enumerate", "map", "list", "dict", "set", "int", "float", "str",
                       "bool", "print", "open", "sorted", "abs", "round", "next", "iter", "type", "id", "hash", "filter", "slice", "class"})


def identifier(name: str) -> str:
    """A name as one of Python, with an underscore where Python or the program has it already."""
    plain = re.sub(r"\W", "_", name)
    plain = f"_{plain}" if plain[:1].isdigit() else plain or "x"
    return f"{plain}_" if keyword.iskeyword(plain) or plain in TAKEN or plain in _BUILT_IN else plain


def variable(name: str) -> str:
    """The name of a variable or function: in lower case."""
    return identifier(name if name.islower() else snake_case(name))


_OF_LOADING = frozenset({"table", "rows", "fields", "ids", "texts", "text", "file", "examples", "at", "part", "values", "name", "row", "one"})


def field_variable(name: str, taken: "frozenset[str] | set[str]" = frozenset()) -> str:
    """The name of the array that a field of the data is, beside what is needed to load it."""
    plain = variable(name)
    return f"{plain}_" if plain in _OF_LOADING or plain in taken else plain


def constant(name: str) -> str:
    """The name of what never changes, in upper case."""
    return identifier((name if name.islower() or name.isupper() else snake_case(name)).upper())


def free(name: str, taken: "set[str] | frozenset[str]") -> str:
    """The name, or the first of `name_2`, `name_3`, ... that is not taken."""
    chosen, count = name, 1
    while chosen in taken:
        count += 1
        chosen = f"{name}_{count}"
    return chosen
