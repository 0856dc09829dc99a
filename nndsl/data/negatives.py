"""Windows of a genome that are like some others in how many G and C they have, and lie outside of them."""

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import accumulate
from random import Random

from nndsl.data.genome import Genome
from nndsl.data.tables import OffGenome

Span = tuple[int, int]
DRAWS = 10
"""How many places are looked at for each window that is wanted; more make the shares of G and C more alike."""
LEAST_DRAWS = 1000
HUNDREDTHS = 100
MOST_OTHERS = 0.1
"""The share of letters other than A, C, G and T that a window may have."""


def negatives(
    genome: Genome, places: Sequence[tuple[str, int, int]], taken: Sequence[tuple[str, int, int]], count: int, seed: int,
) -> list[list[Span]]:
    """Windows outside of some intervals, for each place `count` on its chromosome: different ones, which may overlap each other.

    Args:
        places: the chromosomes, starts and ends of the windows to be matched, all of one width.
        taken: the intervals to keep away from, besides `places`.

    Raises:
        OffGenome: a chromosome has not so many.
    """
    by_chromosome: dict[str, list[int]] = defaultdict(list)
    outside: dict[str, list[Span]] = defaultdict(list)
    for row, (chromosome, start, end) in enumerate(places):
        by_chromosome[chromosome].append(row)
        outside[chromosome] += [(start, end), taken[row][1:]]
    drawn: list[list[Span]] = [[] for _ in places]
    for chromosome, rows in by_chromosome.items():
        width, draw = places[0][2] - places[0][1], Random(f"{seed} {chromosome}")
        shelves = _shelves(genome, chromosome, width, outside[chromosome], DRAWS * count * len(rows), draw)
        if sum(map(len, shelves)) < count * len(rows):
            wanted = f"{count * len(rows)} negatives of {width} letters"
            raise OffGenome(
                f"`{chromosome}` of {genome.name} has no room for {wanted} outside of the intervals",
                "take fewer negatives, or a smaller width",
            )
        for row in rows:
            share = _share(genome.sequence(*places[row]))
            drawn[row] = [_nearest(shelves, round(HUNDREDTHS * (share or 0))) for _ in range(count)]
    return drawn


def _shelves(genome: Genome, chromosome: str, width: int, outside: list[Span], draws: int, draw: Random) -> list[list[Span]]:
    """Windows drawn at random, on one shelf for each hundredth of G and C."""
    gaps = [(start, end) for start, end in _gaps(outside, genome.lengths[chromosome]) if end - start >= width]
    ends = list(accumulate(end - start - width + 1 for start, end in gaps))
    shelves: list[list[Span]] = [[] for _ in range(HUNDREDTHS + 1)]
    room = ends[-1] if ends else 0
    wanted = min(room, max(draws, LEAST_DRAWS))
    for number in draw.sample(range(room), wanted):
        gap = bisect_right(ends, number)
        start = gaps[gap][1] - width - (ends[gap] - 1 - number)
        share = _share(genome.sequence(chromosome, start, start + width))
        if share is not None:
            shelves[round(HUNDREDTHS * share)].append((start, start + width))
    return shelves


def _gaps(taken: list[Span], length: int) -> Iterator[Span]:
    """The parts of a chromosome between some intervals, which may overlap."""
    reached = 0
    for start, end in sorted(taken):
        if start > reached:
            yield reached, start
        reached = max(reached, end)
    yield reached, max(reached, length)


def _share(sequence: str) -> float | None:
    """The share of G and C among the known letters; None where too few are known."""
    upper = sequence.upper()
    strong, weak = (sum(map(upper.count, letters)) for letters in ("GC", "AT"))
    known = strong + weak
    return strong / known if known and known >= (1 - MOST_OTHERS) * len(upper) else None


def _nearest(shelves: list[list[Span]], wanted: int) -> Span:
    """Take a window from the nearest shelf that has one."""
    shelf = min((place for place, windows in enumerate(shelves) if windows), key=lambda place: abs(place - wanted))
    return shelves[shelf].pop()
