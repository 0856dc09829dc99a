"""`report.html` in the folder of a run."""

from collections.abc import Callable, Sequence

from nndsl.diagnostics import UserError
from nndsl.findings import Findings
from nndsl.report.document import report_html
from nndsl.report.view import View, opened
from nndsl.run import REPORT, Run

NOT_MEASURED = "The test examples were not measured, which takes long; `nndsl report {}` does it."
NO_TEST = "The data have no test examples, so that figures on such are not there; what is shown are {} examples."


def view_of(run: Run, findings: Findings | None, missing: Sequence[str] = ()) -> View:
    """Everything that the page of a run is made of; where its file cannot be read any more, that is said."""
    try:
        return View(run, opened(run, run.data_state()), run.evaluation, findings, missing)
    except UserError as wrong:
        return View(run, None, run.evaluation, findings, [*missing, f"The file and the network are not shown: {told(wrong)}."])


def write_after_training(run: Run, find: Callable[[], Findings | None], missing: Sequence[str], say: Callable[[str], None]) -> None:
    """Write the page of a run that has just been trained. If that fails, the run is as good as without it, and it is said."""
    try:
        run.write(REPORT, report_html(view_of(run, find(), missing)))
    except Exception as failure:  # noqa: BLE001 - whatever is wrong with the page, the training is done and good
        why = told(failure) if isinstance(failure, UserError) else f"{type(failure).__name__}: {failure}"
        say(f"the run is complete, but its page {REPORT} could not be made ({why}); `nndsl report {run.folder}` tries again")


def told(wrong: UserError) -> str:
    """What stands in the way, as a part of a sentence."""
    return "; ".join(one.message for one in wrong.diagnostics)
