"""Genomes: FASTA files read by their index, and tracks of numbers along them. Neither is ever loaded whole."""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from nndsl.data.compressed import BROKEN, damaged, open_bytes
from nndsl.data.tables import NotInstalled, OffGenome, OtherGenome, Unreadable, find, reason
from nndsl.diagnostics import closest

if TYPE_CHECKING:
    from nndsl.data.forms import Array

PACKAGES = {"genomes": "pysam", "tracks": "pybigtools"}
"""Who reads what: the extra `genomes` of the package brings them."""
BIGWIG = (b"\x26\xfc\x8f\x88", b"\x88\x8f\xfc\x26")
"""How a bigWig file starts and ends, in either byte order."""
COMPLEMENTS = str.maketrans("ACGTURYKMBVDHacgturykmbvdh", "TGCAAYRMKVBHDtgcaayrmkvbhd")
"""Each letter of the IUPAC code and the letter that pairs with it; S, W and N pair with themselves."""
LISTED = 5


def reverse_complement(sequence: str) -> str:
    """The other strand of DNA, read in its direction."""
    return sequence.translate(COMPLEMENTS)[::-1]


def need(what: str) -> None:
    """Check that the package is there that reads something; nothing is imported.

    Raises:
        NotInstalled: it is not.
    """
    from importlib.util import find_spec

    if find_spec(PACKAGES[what]) is None:
        message = f"{what} are read by the package {PACKAGES[what]}, which is not installed"
        raise NotInstalled(message, "install it: pip install 'nndsl[genomes]'")


def beside(path: str, folder: Path, replacement: Path | None) -> Path:
    """A file that goes with the rows of a source: in the folder that replaces theirs, if it is there, or where it is named.

    Raises:
        Missing: it is not there.
    """
    moved = replacement / Path(path).name if replacement is not None and replacement.is_dir() else None
    return find(path, folder, moved if moved is not None and moved.is_file() else None)


class Genome:
    """A FASTA file, of which no more than the first letter has been read.

    Its index (`.fai`, and `.gzi` of a file that bgzip compressed) is read where it lies beside it and is not older;
    otherwise it is made, and kept there if the folder can be written.
    """

    def __init__(self, path: Path):
        need("genomes")
        self.path, self.name = path, path.name
        try:
            with open_bytes(path) as stream:
                first = stream.read(1)
        except BROKEN as error:
            raise damaged(path, error) from None
        if first != b">":
            what = "is empty" if not first else "does not start with `>`"
            raise Unreadable(f"{path.name} is not a FASTA file: it {what}")

    @cached_property
    def _opened(self) -> Any:
        from tempfile import TemporaryDirectory

        import pysam

        pysam.set_verbosity(0)
        try:
            if self._is_indexed():
                return pysam.FastaFile(str(self.path))
            with TemporaryDirectory() as folder:
                index, blocks = Path(folder) / "fai", Path(folder) / "gzi"
                self._make_index(index, blocks)
                places = {"filepath_index": str(index)} | ({"filepath_index_compressed": str(blocks)} if blocks.exists() else {})
                return pysam.FastaFile(str(self.path), **places)
        except (OSError, ValueError) as error:
            raise Unreadable(f"{self.name} cannot be read: {reason(error)}", "delete its index (.fai), if it is not its own") from None

    def _index_files(self) -> list[Path]:
        return [Path(f"{self.path}{suffix}") for suffix in ([".fai", ".gzi"] if self.path.suffix == ".gz" else [".fai"])]

    def _is_indexed(self) -> bool:
        made = self.path.stat().st_mtime
        return all(one.is_file() and one.stat().st_mtime >= made for one in self._index_files())

    def _make_index(self, index: Path, blocks: Path) -> None:
        from shutil import copyfile

        import pysam
        from pysam.utils import SamtoolsError

        try:
            pysam.faidx(str(self.path), "--fai-idx", str(index), "--gzi-idx", str(blocks))
        except SamtoolsError:
            raise self._without_index() from None
        for made, kept in zip((index, blocks), self._index_files(), strict=False):
            with suppress(OSError):  # a folder that cannot be written is no mistake: the index is used once, and forgotten
                copyfile(made, part := kept.with_name(f".{kept.name}.{os.getpid()}"))
                part.replace(kept)

    def _without_index(self) -> Unreadable:
        if self.path.suffix == ".gz":
            message = f"{self.name} cannot be read in parts: it is not compressed by bgzip"
            return Unreadable(message, "unpack it, or compress it with bgzip")
        message = f"{self.name} cannot be indexed: the lines of a sequence differ in length, or one is empty"
        return Unreadable(message, "bring all lines of a sequence but the last to one length")

    @cached_property
    def lengths(self) -> dict[str, int]:
        """How many letters each chromosome has."""
        return dict(zip(self._opened.references, self._opened.lengths, strict=True))

    def check(self, chromosome: str, start: int, end: int, place: str) -> None:
        """Check that there is such a part of the genome, counted from 0, without `end`.

        Args:
            place: which file and row asks for it.

        Raises:
            OffGenome: there is none.
        """
        length = self.lengths.get(chromosome)
        if length is None:
            raise OffGenome(f"{place}: {self.name} has no chromosome `{chromosome}`", self._near(chromosome))
        if start < 0 or end > length:
            over = f"starts {-start} before `{chromosome}`" if start < 0 else f"ends {end - length} after `{chromosome}`"
            message = f"{place}: the window from {start} to {end} {over}, which has {length} letters in {self.name}"
            raise OffGenome(message, "leave the row out, or make the windows smaller")

    def _near(self, chromosome: str) -> str:
        other = chromosome.removeprefix("chr") if chromosome.startswith("chr") else f"chr{chromosome}"
        near = other if other in self.lengths else closest(chromosome, self.lengths)
        return f"did you mean `{near}`?" if near else f"it has {shown(list(self.lengths))}"

    def sequence(self, chromosome: str, start: int, end: int) -> str:
        """The letters from `start` to `end`, counted from 0, without `end`.

        Raises:
            Unreadable: the file is damaged.
        """
        try:
            letters: str = self._opened.fetch(chromosome, start, end)
        except (OSError, ValueError, KeyError):
            letters = ""
        if len(letters) != end - start:
            message = f"{self.name} is damaged, or does not fit its index: {chromosome}:{start}-{end} cannot be read"
            raise Unreadable(message, f"delete {self.name}.fai, which then is made anew")
        return letters


class Track:
    """A bigWig file: a number for each position of a genome. Only its first and its last bytes have been read."""

    def __init__(self, path: Path):
        need("tracks")
        self.path, self.name = path, path.name
        try:
            with path.open("rb") as stream:
                first = stream.read(len(BIGWIG[0]))
                stream.seek(max(0, path.stat().st_size - len(first)))
                last = stream.read()
        except OSError as error:
            raise damaged(path, error) from None
        if first not in BIGWIG:
            raise Unreadable(f"{path.name} is not a bigWig file")
        if last != first:
            raise Unreadable(f"{path.name} is not a whole bigWig file: it is cut off")

    @cached_property
    def _opened(self) -> Any:
        import pybigtools

        with self._undamaged():
            return pybigtools.open(str(self.path))

    @contextmanager
    def _undamaged(self) -> Iterator[None]:
        """Reading fails in words. The reader's own code panics over some damage, which is no `Exception` (and has no public name)."""
        import pybigtools

        try:
            yield
        except (OSError, ValueError, KeyError, pybigtools.BBIReadError, pybigtools.BBIFileClosed):
            raise Unreadable(f"{self.name} is damaged") from None
        except BaseException as failure:
            if type(failure).__name__ != "PanicException":
                raise
            raise Unreadable(f"{self.name} is damaged") from None

    @cached_property
    def _chromosomes(self) -> dict[str, int]:
        with self._undamaged():
            return dict(self._opened.chroms())

    def check(self, genome: Genome) -> None:
        """Check that it speaks of a genome.

        Raises:
            OtherGenome: it has none of its chromosomes, or one of another length.
        """
        common = self._chromosomes.keys() & genome.lengths.keys()
        if not common:
            names = f"it has {shown(sorted(self._chromosomes))}, and {genome.name} {shown(list(genome.lengths))}"
            raise OtherGenome(f"{self.name} has no chromosome of {genome.name}", names)
        for one in sorted(common):
            if self._chromosomes[one] != genome.lengths[one]:
                lengths = f"{self._chromosomes[one]} positions in {self.name}, and {genome.lengths[one]} in {genome.name}"
                raise OtherGenome(f"`{one}` has {lengths}", "take both from the same assembly")

    def values(self, chromosome: str, start: int, end: int) -> "Array":
        """The numbers from `start` to `end`, float32 `[end - start]`; where there is none, 0."""
        import numpy

        if chromosome not in self._chromosomes:
            return numpy.zeros(end - start, "float32")
        with self._undamaged():
            values = self._opened.values(chromosome, start, end, fillna=0.0)
        return numpy.asarray(numpy.nan_to_num(values, nan=0.0), "float32")


def shown(names: Sequence[str]) -> str:
    """Some names, and how many more there are."""
    more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
    return ", ".join(f"`{one}`" for one in names[:LISTED]) + more if names else "none"
