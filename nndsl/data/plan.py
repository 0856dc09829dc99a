"""What is known of data before it is read."""

from dataclasses import dataclass


@dataclass(frozen=True, eq=False)
class DataPlan:
    """A `data` block: its source, its fields with their types, its split."""

    name: str
