"""What is understood of a training, or said against it: the statements of a `train` block, a line in `trainings.txt`, with ` ;; ` between them.

They stand below the networks and the data of this file: `Net` has an output for the classes `kind`, `Two` also one for the number `y`.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from nndsl.catalogue.applicable import Input
from nndsl.catalogue.training import Loss
from nndsl.driver import check
from nndsl.program import Training
from nndsl.source import Source
from tests.approved import approved, compare, told

TRAININGS = Path(__file__).with_name("trainings.txt")
FILE = """
block Part { Dense(4, activation=relu) }
network Net {
  input x: float[2]
  output kind = x -> Part -> Part -> Dense(3)
}
network Two {
  input x: float[2]
  h = x -> Part
  output kind = h -> Dense(3, activation=softmax)
  output y = h -> Dense(1)
}
network Sides {
  input x: float[2]
  output kind = x -> Dense(3)
  output sort = x -> Dense(2, activation=softmax)
}
network Turned {
  input x: float[2]
  output kind = x -> Dense(3, kernel_initializer=Orthogonal)
}
network Watched {
  input x: float[2]
  output kind = x -> Dense(3, activity_regularizer=OrthogonalRegularizer)
}
network Coder {
  input x: float[2]
  output code = x -> Dense(1)
}
network Decoder {
  input code: float[1]
  output x = code -> Dense(2)
}
data Rows {
  source = csv("rows.csv")
  x      = (source.a, source.b) -> float
  y      = source.y -> float
  kind   = source.kind -> category(low, middle, high)
  sort   = source.sort -> category(one, two)
  split  = order(train=0.5, validation=0.25, test=0.25)
}
data Only {
  source = csv("rows.csv")
  x      = (source.a, source.b) -> float
  y      = source.y -> float
  kind   = source.kind -> category(low, middle, high)
  split  = order(train=1)
}
train T {
STATEMENTS
}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("trainings")
    rows = [f"{one},{one % 3},{one % 7},{('low', 'middle', 'high')[one % 3]},{('one', 'two')[one % 2]}" for one in range(24)]
    (made / "rows.csv").write_text("\n".join(["a,b,y,kind,sort", *rows]) + "\n")
    return made


@pytest.mark.parametrize("group", approved(TRAININGS))
def test_a_training_is_understood_or_it_is_said_why_not(group: str, folder: Path, bless: bool) -> None:
    def said(statements: str) -> Iterator[str]:
        text = FILE.replace("STATEMENTS", statements.replace(" ;; ", "\n"))
        program, report = check(Source("net.nn", text, folder / "net.nn"))
        for one in report:
            if one.severity == "error" or one.code.startswith(("NN6", "NN73")):
                yield from (line.replace(str(folder), "...") for line in told(one))
        if not report.errors:
            yield from understood(program.training())

    compare(TRAININGS, group, said, bless)


def understood(training: Training) -> Iterator[str]:
    """A training in some lines."""
    for one in training.objectives:
        graph = one.graph
        losses = [f"{node.component}({', '.join(graph[ref].name for ref in node.operands)})" for node in graph.nodes if isinstance(node.component, Loss)]
        times = f" times {one.times}" if one.times != 1 else ""
        yield f"minimize {' + '.join(losses) or graph[one.loss].name} over {', '.join(owner.name for owner in one.updates)} with {one.optimizer}{times}"
        yield f"  figures: {', '.join(one.figures)}; inputs: {', '.join(node.name for node in graph.nodes if isinstance(node.component, Input))}"
    for measure in training.measures:
        graph = training.objectives[0].graph
        yield f"measure {measure.name}: {measure.metric}({graph[measure.target].name}, {graph[measure.prediction].name})"
    learnt = ", ".join(f"{name}: {one.network.name} with {len(one.network.graph.nodes)} calls" for name, one in training.learnt.items())
    yield f"learnt {learnt or 'nothing'}; targets {dict(training.targets)}; predictions {', '.join(training.predictions)}"
    yield (f"epochs {training.epochs}, batch {training.batch}, seed {training.seed}, {training.precision}, stopping {training.early_stopping}, "
           f"samples {len(training.samples)}, remat {', '.join(training.remat) or 'nothing'}, jit_compile {training.jit_compile}")
    yield from (f"chosen: {one}" for one in training.choices)
