# ruff: noqa: F821
"""Splits."""


def random_order(count, seed=0):
    """The numbers below `count` in an order that depends on the seed alone, on every machine."""
    return np.argsort(np.random.PCG64(seed).random_raw(count), kind="stable")


def share_of(count, share):
    """A share of some examples, rounded half up."""
    return int(count * share + 0.5 + 1e-9)


def random_split(count, validation, test, seed=0):
    """The rows of the examples that are learnt from, watched, and kept for the end."""
    order = random_order(count, seed)
    tests, watched = share_of(count, test), share_of(count, validation)
    return {
        "train": np.sort(order[tests + watched :]),
        "validation": np.sort(order[tests : tests + watched]),
        "test": np.sort(order[:tests]),
    }


def first_seen(column):
    """Texts as numbers, in the order in which they are first seen."""
    codes = {}
    return np.array([codes.setdefault(one, len(codes)) for one in column])


def stratified_split(classes, validation, test, seed=0):
    """The rows of each part of the examples, with the same share of each class in each."""
    count = len(classes)
    order = random_order(count, seed)
    tests = drawn(order, classes, share_of(count, test), test)
    rest = order[~tests]
    watched = drawn(rest, classes, share_of(count, validation), validation / (1 - test))
    return {
        "train": np.sort(rest[~watched]),
        "validation": np.sort(rest[watched]),
        "test": np.sort(order[tests]),
    }


def drawn(order, classes, wanted, share):
    """Which of some examples, in their order, are drawn: of each class its share, `wanted` in all.

    What is left over by rounding goes to the classes that lost most; one of each always stays.
    """
    _, places, sizes = np.unique(classes[order], return_inverse=True, return_counts=True)
    exact = sizes * share
    quotas = np.minimum(np.floor(exact + 1e-9).astype(int), sizes - 1)
    for one in np.argsort(quotas - exact, kind="stable"):
        if quotas.sum() < wanted and quotas[one] < sizes[one] - 1:
            quotas[one] += 1
    by_class = np.argsort(places, kind="stable")
    rank = np.empty(len(order), int)
    rank[by_class] = np.arange(len(order)) - np.repeat(sizes.cumsum() - sizes, sizes)
    return rank < quotas[places]


def ordered_split(count, validation, test):
    """The first rows are learnt from, the last are the test."""
    tests, watched = share_of(count, test), share_of(count, validation)
    train, validation, test = np.split(np.arange(count), [count - tests - watched, count - tests])
    return {"train": train, "validation": validation, "test": test}


def rows_where(column, *values):
    """The rows in which a column has one of some values."""
    return np.flatnonzero([str(one) in values for one in column])


def drawn_from(rows, share, seed=0):
    """Some of the rows, drawn at random, and those that are left."""
    places = random_order(len(rows), seed)[: share_of(len(rows), share)]
    return np.sort(rows[places]), np.delete(rows, places)
