"""Sources that cut examples out of a genome. What reads them is imported when they are opened: few files need it."""

from pathlib import Path

from nndsl.catalogue.kinds import Count, Index, Label, Natural
from nndsl.data.component import DataSource
from nndsl.data.tables import Table, find
from nndsl.types import BadArgument


class Intervals(DataSource):
    """The intervals of a BED or narrowPeak file (also `.gz`), with their sequences from an indexed FASTA file.

    Each line is a row: the window of `width` letters around the middle of its interval. With `middle = (start + end) // 2`
    the window starts at `middle - width // 2`, so that an odd width has the middle in its centre, and an even one has it
    as the first letter of its right half. An interval of exactly `width` is its own window. Without a width, the window
    is the interval.

    Columns: `sequence`; those of the file: `chromosome`, `start`, `end` (of the interval, as in the file), `name`, `score`,
    `strand`, of a narrowPeak file also `signal_value`, `p_value`, `q_value` and `peak`, and others by their number
    (`column7`); with tracks `signal`, with negatives `label`.

    Args:
        path: the BED file, relative to the `.nn` file.
        genome: the FASTA file; its index (`.fai`) is made beside it if there is none. Compressed, it is by bgzip.
        width: how many letters each window has.
        columns: the names of the columns after the third, where they are others than those of BED.
        stranded: turn the windows of intervals on the strand `-`, and their negatives: the reverse complement of the sequence,
            and the signal from its end to its start.
        signal: a bigWig file, or several: the column `signal` is `[width]`, or `[width, files]`; 0 where there is none.
        bins: average the signal over so many parts of the window, which are equally long.
        negatives: for each interval, so many windows of its chromosome outside of all intervals, with as many G and C as
            can be found (to the nearest hundredth that is left), and at most one other letter in ten. They follow it as rows
            of their own; the column `label` is 1 for intervals, and 0 for them; the columns after the third are missing.
        seed: of the draw of the negatives.
    """

    path: str
    genome: str
    width: Count | None = None
    columns: tuple[Label, ...] = ()
    stranded: bool = False
    signal: str | tuple[str, ...] | None = None
    bins: Count | None = None
    negatives: Natural = 0
    seed: Index = 0

    def validate(self) -> None:
        for name in ("signal", "negatives"):
            if getattr(self, name) and self.width is None:
                raise BadArgument(f"needs a `width` where it has `{name}`: all windows are equally long", argument=name)
        if self.bins is not None and (self.signal is None or self.width is None):
            raise BadArgument("has `bins` and no `signal`, which they would be of", argument="bins")
        if self.bins is not None and self.width is not None and self.width % self.bins:
            raise BadArgument(f"cannot divide a width of {self.width} into {self.bins} equal bins", argument="bins")

    def tracks(self) -> tuple[str, ...]:
        """The bigWig files."""
        return (self.signal,) if isinstance(self.signal, str) else self.signal or ()

    def open(self, folder: Path, replacement: Path | None = None) -> Table:
        from nndsl.data.bed import BedFile
        from nndsl.data.genome import Genome, Track, beside
        from nndsl.data.windows import Windows

        rows = BedFile(find(self.path, folder, replacement), self.columns)
        genome = Genome(beside(self.genome, folder, replacement))
        return Windows(self, rows, genome, [Track(beside(one, folder, replacement)) for one in self.tracks()])

    def to_predict(self) -> DataSource:
        return type(self)(**{**self.__dict__, "negatives": 0})


class Variants(DataSource):
    """The variants of a VCF file (also `.gz`), each with the sequences around it, from an indexed FASTA file.

    Each alternative allele is a row, and a line without one is none. Its two sequences, `reference` and `alternative`, are the `width` letters from
    `width // 2` before the position of the variant on, with either allele in its place; where the alleles differ in
    length, so do the letters that follow. That the reference allele is what the genome has there is checked.

    Columns: `reference`, `alternative`, `chromosome`, `position` (from 1, as in the file), `name` (the ID),
    `reference_allele`, `alternative_allele`, `quality`, `filter`, and `INFO` fields by their names (`AF`), as far as the head
    of the file declares them; of a field with a value for each alternative, the row has its own.

    Args:
        path: the VCF file, relative to the `.nn` file.
        genome: the FASTA file; its index (`.fai`) is made beside it if there is none. Compressed, it is by bgzip.
        width: how many letters each sequence has.
    """

    path: str
    genome: str
    width: Count

    def open(self, folder: Path, replacement: Path | None = None) -> Table:
        from nndsl.data.calls import Calls
        from nndsl.data.genome import Genome, beside

        return Calls(find(self.path, folder, replacement), Genome(beside(self.genome, folder, replacement)), self.width)
