# ruff: noqa: F821
"""Files as columns."""


def open_text(path):
    """A text file, unpacked on the way if its name ends in .gz."""
    opened = gzip.open if path.suffix == ".gz" else open
    return opened(path, "rt", encoding="utf-8-sig", newline="")


def read_table(path, delimiter, missing):
    """The columns of a table by name, as lists of texts; a missing value is None."""
    csv.field_size_limit(2**31 - 1)
    with open_text(path) as file:
        head, *rows = [row for row in csv.reader(file, delimiter=delimiter) if row]
    columns = zip(*rows, strict=True)
    return {
        name.strip(): [None if one in missing else one for one in column]
        for name, column in zip(head, columns, strict=True)
    }


def read_fasta(path):
    """The records of a FASTA file as columns."""
    table = {"name": [], "description": [], "sequence": []}
    with open_text(path) as file:
        for record in file.read().lstrip(">").split("\n>"):
            head, _, letters = record.partition("\n")
            name, _, description = head.strip().partition(" ")
            table["name"].append(name)
            table["description"].append(description or None)
            table["sequence"].append("".join(letters.split()))
    return table


def read_lines(path):
    """The lines of a text; an empty one is missing."""
    with open_text(path) as file:
        return {"text": [line.rstrip("\r\n") or None for line in file]}


def read_parquet(path, names):
    """Columns of a Parquet file: numbers as arrays, everything else as lists of texts."""
    table = pq.read_table(path, columns=list(names))
    columns = {}
    for name in names:
        column = table[name].combine_chunks()
        kind = str(column.type)
        if kind.startswith("fixed_size_list"):
            columns[name] = column.flatten().to_numpy().reshape(len(column), -1)
        elif kind.startswith(("int", "uint", "half", "float", "double", "bool")):
            whole = column.cast("float64") if kind == "bool" and column.null_count else column
            columns[name] = whole.to_numpy(zero_copy_only=False)
        else:
            columns[name] = column.cast("large_string").to_pylist()
    return columns


def read_images(folder, size, mode):
    """The images of a folder and of those in it, as arrays of bytes, with the folder of each."""
    endings = {".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp", ".tif", ".tiff", ".ppm", ".pgm"}
    files = sorted(
        path
        for path in folder.rglob("*")
        if path.suffix.lower() in endings
        and not any(part.startswith(".") for part in path.relative_to(folder).parts)
    )
    height, width = size
    images = [
        ImageOps.exif_transpose(Image.open(path))
        .convert(mode)
        .resize((width, height), Image.Resampling.BILINEAR)
        for path in files
    ]
    return {
        "image": np.stack([np.asarray(one).reshape(height, width, -1) for one in images]),
        "folder": [path.parent.name for path in files],
        "file": [path.relative_to(folder).as_posix() for path in files],
    }


def only(table, rows):
    """Some rows of a table."""
    return {
        name: column[rows] if isinstance(column, np.ndarray) else [column[row] for row in rows]
        for name, column in table.items()
    }


def first_of_equal(*columns):
    """The first of all rows that are equal in some columns."""
    values = [
        [one.tobytes() for one in column] if isinstance(column, np.ndarray) else column
        for column in columns
    ]
    first = {}
    for row, equal in enumerate(zip(*values, strict=True)):
        first.setdefault(equal, row)
    return list(first.values())


def without_gaps(*columns):
    """The rows in which no column has a missing value."""
    gaps = np.zeros(len(columns[0]), bool)
    for column in columns:
        if isinstance(column, list):
            gaps |= [one is None for one in column]
        elif column.dtype.kind == "f":
            gaps |= np.isnan(column).reshape(len(column), -1).any(axis=1)
    return np.flatnonzero(~gaps)
