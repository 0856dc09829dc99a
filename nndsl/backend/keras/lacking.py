"""What a machine lacks when a computation fails, as engines find it in what they are told."""

from typing import Literal, NamedTuple, TypeAlias

What: TypeAlias = Literal["memory", "a kernel", "a form for XLA"]


class Lack(NamedTuple):
    """What is missing.

    Attributes:
        of: the tensor that there is no memory for, or the operation, where it is told.
    """

    what: What
    of: str | None
