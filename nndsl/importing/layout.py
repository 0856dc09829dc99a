"""How statements stand on lines: where long ones are broken, and how loops look."""

from collections.abc import Iterator, Sequence

from nndsl.importing.body import Written
from nndsl.importing.loops import Loop, Run, rows_of
from nndsl.importing.wording import step_text, value_text

WIDTH = 110


def run_text(run: Run, keep_name: bool) -> str:
    text = step_text(run.step, keep_name and run.count == 1)
    if run.count == 1:
        return text
    return f"{text} * {value_text(run.count) if not isinstance(run.count, Written) else run.count.text}"


def wrapped(parts: Sequence[str]) -> list[str]:
    """A chain, on as many lines as it needs."""
    lines = [parts[0]]
    for one in parts[1:]:
        if len(lines[-1]) + len(one) + 4 > WIDTH:
            lines.append(f"  -> {one}")
        else:
            lines[-1] += f" -> {one}"
    return lines


def loop_lines(loop: Loop, name: str) -> Iterator[str]:
    variables = [one.name for one in loop.variables]
    rows = [value_text(row[0]) if len(row) == 1 else f"({', '.join(map(value_text, row))})" for row in rows_of(loop)]
    target = variables[0] if len(variables) == 1 else f"({', '.join(variables)})" if variables else "_"
    single = f"for {target} in [{', '.join(rows)}] {{" if variables else f"for _ in range({loop.turns}) {{"
    if len(single) <= WIDTH:
        yield single
    else:
        yield f"for {target} in ["
        yield from (f"  {line}" for line in _filled(rows))
        yield "] {"
    parts = [name, *(run_text(one, keep_name=False) for one in loop.runs)]
    first, *others = wrapped(parts)
    yield f"  {name} = {first}"
    yield from (f"  {one}" for one in others)
    yield "}"


def fitted(line: str) -> list[str]:
    """A line on as many as it needs: broken before arrows outside of brackets, or else between arguments."""
    if len(line) <= WIDTH + 10:
        return [line]
    arrows, commas = _breaks(line[:WIDTH])
    place = max(arrows, default=0) or max(commas, default=0)
    if not place:
        return [line]
    return [line[:place].rstrip(), *fitted(f"{'  ' if arrows else '    '}{line[place:].strip()}")]


def _breaks(line: str) -> tuple[list[int], list[int]]:
    """Where a line can be broken: before arrows outside of brackets, and after commas."""
    arrows, commas, depth, quoted = [], [], 0, False
    for place, letter in enumerate(line):
        quoted ^= letter == '"'
        depth += 0 if quoted else (letter in "([") - (letter in ")]")
        if not quoted and place > 30:
            if not depth and line.startswith(" -> ", place):
                arrows.append(place)
            if letter == ",":
                commas.append(place + 1)
    return arrows, commas


def _filled(rows: Sequence[str]) -> list[str]:
    lines = [""]
    for one in rows:
        if len(lines[-1]) + len(one) + 2 > WIDTH - 4 and lines[-1]:
            lines.append("")
        lines[-1] += f"{', ' if lines[-1] and not lines[-1].endswith(' ') else ''}{one}"
    return [f"{line}," for line in lines]
