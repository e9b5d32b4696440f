"""What `qtcore run` and its like print before and after the sweep: what is asked for, what it takes."""

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from qtcore.cli import show
from qtcore.cli.pairs import same_disorder
from qtcore.errors import brief, counted
from qtcore.sweep.durations import duration, size_in_words
from qtcore.sweep.own_preset import own_preset

if TYPE_CHECKING:
    from qtcore.request import RunRequest
    from qtcore.sweep.outcome import Outcome
    from qtcore.sweep.plan import Plan
    from qtcore.sweep.precision import Precision
    from qtcore.sweep.spec import Sweep


def heading(run_request: "RunRequest", title: str, console: Console) -> None:
    """Say on a console what is about to run: all that the store will hold."""
    from qtcore.store.open_store import open_store
    from qtcore.sweep.extension import together

    sweep = together(run_request.sweep, open_store(run_request.store))
    lengths = (
        f"{counted(len(sweep.lengths), 'lengths')} up to {counted(sweep.lengths[-1], 'slices')}, "
        if sweep.lengths
        else ""
    )
    pairs = same_disorder(sweep)
    part = f", part {run_request.part.number} of {run_request.part.of}" if run_request.part else ""
    console.print(
        f"[bold]{escape(title)}[/bold]\n"
        f"{counted(sweep.points, 'points')} × {_realizations(sweep, 'realizations')}, "
        f"{lengths}seed {sweep.seed}{part} → {escape(str(run_request.store))}"
        + (f"\nsame disorder along: {escape(pairs)}" if pairs else ""),
        highlight=False,
    )


def _realizations(sweep: "Sweep", noun: str = "") -> str:
    """Say how many realizations points have, which may differ."""
    counts = sorted(set(sweep.counts.tolist()))
    first = {1: "", 2: f"{counts[0]:,} or "}.get(len(counts), f"{counts[0]:,} to ")
    return f"{first}{counted(counts[-1], noun) if noun else f'{counts[-1]:,}'}"


def plan(plan: "Plan", run_request: "RunRequest") -> None:
    """Print what a run would compute."""
    sweep, workers = plan.sweep, run_request.profile.cores
    count = workers or 1
    table = Table.grid(padding=(0, 2))
    where = counted(count, "workers") if workers else "one worker"
    preset = own_preset(sweep.workflow, run_request.provenance.preset)
    sizes = " × ".join(f"{size} {name}" for size, name in zip(sweep.grid, sweep.names, strict=True))
    rows = {
        "workflow": f"{sweep.workflow} ({preset})" if preset else sweep.workflow,
        "points": f"{sweep.points} = {sizes}" if sizes else "1",
        "realizations": f"{_realizations(sweep)} per point, {_in_blocks(plan)}",
        "stored": ", ".join(variable.name for variable in sweep.outputs),
        "blocks": f"{plan.blocks_left} to compute, {plan.blocks - plan.blocks_left} in the store",
        "tasks": f"{len(plan.tasks)}, {_task_range(plan)}",
        "work": f"{plan.core_seconds / 3600:.3g} core-hours",
        "time": f"about {duration(plan.wall_seconds(count))} on {where} of an idle machine, start-up not counted",
        "store": f"at most {size_in_words(plan.bytes_left)} more in {run_request.store}",
        "memory": f"about {size_in_words(plan.worker_bytes)} per worker",
    }
    if pairs := same_disorder(sweep):
        rows["same disorder along"] = pairs
    if run_request.part:
        rows["part"] = (
            f"{run_request.part.number} of {run_request.part.of}; blocks to time are of this part"
        )
    if sweep.constants:
        rows["constants"] = ", ".join(f"{n} = {brief(v)}" for n, v in sweep.constants.items())
    if sweep.lengths:
        first = f"{len(sweep.lengths)}, {sweep.lengths[0]} to " if len(sweep.lengths) > 1 else ""
        rows["lengths"] = first + counted(sweep.lengths[-1], "slices")
    if run_request.precision is not None:
        rows["precision"] = (
            f"{run_request.precision.in_words} at every point, with at most {run_request.precision.most:,} "
            f"realizations; {_counted(plan, run_request)}{_absolute(run_request.precision)}"
        )
    if run_request.workflow is not None and run_request.workflow.planned_error is not None:
        from qtcore.workflow import called

        role, planned_error = "planned_error(sweep)", run_request.workflow.planned_error
        rows["standard error"] = str(called(run_request.workflow, role, planned_error, sweep))
    for name, value in rows.items():
        table.add_row(f"[bold]{name}[/bold]", escape(value))
    show.out.print(table)
    show.out.print("This was a rehearsal; nothing was written.", style="dim")


def _in_blocks(plan: "Plan") -> str:
    return f"in blocks of {plan.block}" if plan.block < plan.sweep.largest_count else "in one block"


def _counted(plan: "Plan", run_request: "RunRequest") -> str:
    """Say which rounds towards a precision goal a plan shows."""
    if not plan.tasks:
        return "every point has reached it or the cap"
    grown = plan.sweep.counts.sum() > run_request.sweep.counts.sum()
    return "as the stored data foresee it" if grown else "this is the first round"


def _absolute(goal: "Precision") -> str:
    """Say of a goal in a unit that it is one: a forgotten % is easily not seen."""
    if goal.relative:
        return ""
    percent = f"; for a percentage write --precision {goal.error:g}%" if goal.error < 100 else ""
    return f". This is an absolute error (value ± {goal.error:g}){percent}"


def _task_range(plan: "Plan") -> str:
    if not plan.tasks:
        return "nothing is left to do"
    return f"{duration(plan.tasks[-1].seconds)} to {duration(plan.tasks[0].seconds)} each"


def outcome(outcome: "Outcome", console: Console) -> None:
    """Say on a console what a session did."""
    if outcome.blocks_done:
        console.print(
            f"{counted(outcome.blocks_done, 'blocks')} computed in {duration(outcome.core_seconds)} of "
            "worker time"
        )
    else:
        console.print("The store is complete; nothing was left to compute.")
