"""Data sets that come with the package."""

from pathlib import Path
from typing import Literal

import nndsl
from nndsl.data.arrays import Npz
from nndsl.data.component import DataSource
from nndsl.data.delimited import Csv, Tsv
from nndsl.data.records import Fasta, Lines
from nndsl.data.tables import Missing, Table

FILES = {
    "penguins": "penguins.csv",
    "digits": "digits8x8.npz",
    "splice": "splice_junctions_uci.csv.gz",
}
READERS: dict[str, type[DataSource]] = {".csv": Csv, ".tsv": Tsv, ".npz": Npz, ".fa": Fasta, ".fasta": Fasta, ".txt": Lines}


class Dataset(DataSource):
    """A data set that comes with nndsl: `penguins`, `digits` or `splice`.

    `penguins`: 344 penguins of three species, a table with missing values. `digits`: 1,797 handwritten digits
    (`x`: 8 by 8, 0 to 16; `y`). `splice`: 3,186 windows of 60 nucleotides around splice junctions (`sequence`, `label`).

    Args:
        name: one of these names.
    """

    name: Literal["penguins", "digits", "splice"]

    def open(self, folder: Path, replacement: Path | None = None) -> Table:
        path = packaged(self.name)
        return reader(path if replacement is None or replacement.is_dir() else replacement).open(path.parent, replacement)


def packaged(name: str) -> Path:
    """The file of a data set: in the installed package or, in a checkout, among the examples."""
    file, package = FILES[name], Path(nndsl.__file__).parent
    path = package / "datasets" / file
    return path if path.exists() else package.parent / "examples" / name / file


def reader(path: Path) -> DataSource:
    """The source that reads a file, told by the end of its name.

    Raises:
        Missing: no source reads such files.
    """
    for suffix in reversed(path.suffixes):
        if suffix.lower() in READERS:
            return READERS[suffix.lower()](path=path.name)
    raise Missing(f"{path.name} has no ending that says what it holds", f"known are {', '.join(READERS)}, and each with .gz")
