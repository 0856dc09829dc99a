"""What `nndsl export` has written: for people, and as JSON."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from nndsl.data.room import bytes_text

_SHOWN_CLASSES = 6


@dataclass(frozen=True)
class Exported:
    """A file, or the folder of a SavedModel, that was loaded again and compared with its network.

    Attributes:
        size: in bytes.
        description: what stands beside it: its inputs and outputs, and what they mean.
        beside: where that is.
        runtime: what it was loaded with.
        tolerance: the largest difference that would have been allowed, relative to the greatest number of an output.
        difference: the largest difference of any number.
        greatest: the greatest number of that output.
        compared_on: what both were asked about, in words.
    """

    path: Path
    format: str
    parameters: int
    size: int
    description: Mapping[str, Any]
    beside: Path
    runtime: str
    tolerance: float
    difference: float
    greatest: float
    compared_on: str

    def as_text(self) -> str:
        return "\n".join([f"{self.path}  {self.parameters:,} parameters, {bytes_text(self.size)}", *self._lines()]) + "\n"

    def _lines(self) -> Iterator[str]:
        ends = {**self.description["inputs"], **self.description["outputs"]}
        names, tensors = max(map(len, ends)), max(len(one["tensor"]) for one in ends.values())
        for name, one in self.description["inputs"].items():
            yield f"  {name:<{names}}  {one['tensor']:<{tensors}}  {_input_text(one)}".rstrip()
        for name, one in self.description["outputs"].items():
            yield f"  {name:<{names}}  {one['tensor']:<{tensors}}  gives {_output_text(one)}"
        yield f"loaded by {self.runtime}: the largest difference from the network is {self.difference:.1e}, of numbers up to {self.greatest:.3g}, on {self.compared_on}"
        yield f"{self.beside} says what goes in and what comes out"

    def as_json(self) -> str:
        told = {
            "path": str(self.path), "format": self.format, "parameters": self.parameters, "bytes": self.size, "description_at": str(self.beside),
            "loaded_by": self.runtime, "largest_difference": self.difference, "greatest_number": self.greatest, "compared_on": self.compared_on, "tolerance": self.tolerance,
            "description": self.description,
        }
        return json.dumps(told, indent=2, ensure_ascii=False)


def _input_text(one: Mapping[str, Any]) -> str:
    if "columns" not in one:
        return "as it is"
    columns = ", ".join(one["columns"][:4]) + (f" and {len(one['columns']) - 4} more" if len(one["columns"]) > 4 else "")
    before = " -> ".join(each["encoder"] for each in one["to_be_done_before"])
    inside = " -> ".join(each["encoder"] for each in one["done_inside"])
    return f"takes {columns}" + (f" after `{before}`, which stays outside" if before else "") + (f"; `{inside}` is inside" if inside else "")


def _output_text(one: Mapping[str, Any]) -> str:
    classes = one.get("classes")
    if not classes:
        return str(one["meaning"])
    shown = ", ".join(classes[:_SHOWN_CLASSES]) + (f" and {len(classes) - _SHOWN_CLASSES} more" if len(classes) > _SHOWN_CLASSES else "")
    return f"{one['meaning']}: {shown}"

