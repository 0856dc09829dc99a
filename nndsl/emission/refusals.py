"""What cannot be written as a program, said before anything is written."""

from nndsl.diagnostics import Diagnostic, UserError, error
from nndsl.source import Span


@error("NN800")
def not_written_source(what: str, span: Span) -> Diagnostic:
    """A program in Python would have to read data in a way that takes more than a few lines: genomes with intervals or variants.

        source = intervals("peaks.bed", genome="genome.fa", width=1000)

    Such data can be written into a table once, and the file be trained on that; or the network alone be written:
    `nndsl compile FILE NETWORK --emit python`.
    """
    return Diagnostic(span, f"{what} cannot be written as a program of its own", (), "write the network alone: `nndsl compile FILE NETWORK --emit python`")


@error("NN801")
def not_written_encoding(field: str, encoder: str, why: str, span: Span) -> Diagnostic:
    """A field is encoded in a way that cannot be written as lines of NumPy, or not in this place.

        past = source.births -> windows(28) -> standardize

    Mended, by the same in an order that can be:

        past = source.births -> standardize -> windows(28)
    """
    return Diagnostic(span, f"in `{field}`, {encoder} cannot be written as a program of its own: {why}", (), "write the network alone: `nndsl compile FILE NETWORK --emit python`")


@error("NN802")
def not_written_training(what: str, span: Span) -> Diagnostic:
    """A training does something that neither `fit` nor a plain loop does.

        remat = [EncoderLayer]

    Leave it out of the training, or write the network alone: `nndsl compile FILE NETWORK --emit python`.
    """
    return Diagnostic(span, f"{what} cannot be written as a program of its own", (), "leave it out, or write the network alone: `nndsl compile FILE NETWORK --emit python`")


def refuse(diagnostic: Diagnostic) -> UserError:
    """A refusal to raise."""
    return UserError(diagnostic)
