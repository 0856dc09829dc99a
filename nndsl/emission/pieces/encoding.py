# ruff: noqa: F821
"""Columns as arrays."""


def numbers(*columns):
    """Columns of text as numbers; a missing one is not a number."""
    read = [[np.nan if one is None else float(one) for one in column] for column in columns]
    return np.array(read[0]) if len(read) == 1 else np.stack(read, axis=1)


def filled(values, filling):
    """Numbers with others in the place of those that are missing."""
    return np.where(np.isnan(values), filling, values)


def most_frequent_number(values):
    """The most frequent number of each column; of equally frequent ones, the least."""
    columns = values.reshape(len(values), -1).T
    counts = [np.unique(one[~np.isnan(one)], return_counts=True) for one in columns]
    found = [each[times.argmax()] for each, times in counts]
    return np.reshape(found, values.shape[1:])


def filled_text(column, filling):
    """Texts with another in the place of those that are missing."""
    return [filling if one is None else one for one in column]


def most_frequent_text(column):
    """The most frequent text; of equally frequent ones, the first in order."""
    counts = Counter(one for one in column if one is not None)
    return min(counts, key=lambda text: (-counts[text], text))


def standardized(values, rows, over=0):
    """Numbers less their mean, over their deviation, both those of some rows."""
    mean = np.nanmean(values[rows], axis=over, keepdims=True, dtype="float64")
    deviation = np.nanstd(values[rows], axis=over, keepdims=True, dtype="float64")
    deviation[deviation <= 1e-12 * np.maximum(1, abs(mean))] = 1
    return (values - mean.astype(values.dtype)) / deviation.astype(values.dtype)


def between_0_and_1(values, rows, over=0):
    """Numbers brought into [0, 1], from the least to the greatest of some rows."""
    least, most = np.nanmin(values[rows], axis=over), np.nanmax(values[rows], axis=over)
    return (values - least) / np.where(most > least, most - least, 1).astype(values.dtype)


def class_numbers(column, classes):
    """Each value as its place among the classes."""
    places = {name: place for place, name in enumerate(classes)}
    return np.array([places[str(one)] for one in column], "int32")


def truth(column):
    """Words as truth values."""
    return np.array([one.strip().lower() in ("true", "yes", "t", "y", "1") for one in column])


def one_hot_letters(texts, length, letters, mixtures):
    """Sequences as vectors, one a letter; zeros come after shorter ones, longer ones are cut."""
    vectors = np.zeros((256, len(letters)), "float32")
    for code, meant in [*zip(letters, letters, strict=True), *mixtures.items()]:
        for letter in meant:
            places = [ord(code), ord(code.lower())]
            vectors[places, letters.index(letter)] = 1 / len(meant)
    codes = np.zeros((len(texts), length), "uint8")
    for row, text in enumerate(texts):
        codes[row, : len(text)] = np.frombuffer(text.encode()[:length], "uint8")
    return vectors[codes]


def vocabulary(tokens, size=None):
    """The ids of tokens, from the most frequent on; 0 is padding, 1 a token that is not known."""
    counts = Counter(tokens)
    known = sorted(counts, key=lambda token: (-counts[token], token))
    return {token: place for place, token in enumerate(known[: size and size - 2], start=2)}


def padded(sequences, length):
    """Sequences of ids, with zeros after those that are shorter; longer ones are cut."""
    result = np.zeros((len(sequences), length), "int32")
    for row, ids in enumerate(sequences):
        result[row, : len(ids)] = ids[:length]
    return result


def shifted(ids, places, start=0):
    """Ids moved along their sequences, to the right or, by a negative number, to the left."""
    moved = np.full_like(ids, start if places > 0 else 0)
    if places > 0:
        moved[:, places:] = ids[:, :-places]
    else:
        moved[:, :places] = ids[:, -places:]
    return moved
