"""Commands that compute: `qtcore run`, `rerun` and `extend`."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

from qtcore.cli import planned, show
from qtcore.cli.codes import INCOMPLETE, exit_by
from qtcore.cli.options import (
    Add,
    Copy,
    DryRun,
    Goal,
    PartOfMany,
    Quiet,
    Realizations,
    RealizationsInAll,
    Seed,
    Settings,
    Size,
    StorePath,
    Target,
    Trust,
    Where,
    Workers,
    WorkflowName,
)
from qtcore.cli.signals import BETWEEN, ctrl_c_while_working
from qtcore.errors import CannotWriteError, DamagedStoreError

if TYPE_CHECKING:
    from rich.console import Console

    from qtcore.reports.conclusion import Conclusion
    from qtcore.request import RunOptions, RunRequest


def run(
    workflow: WorkflowName,
    preset: Size = None,
    settings: Settings = None,
    realizations: Realizations = None,
    seed: Seed = None,
    store: Target = None,
    cluster: Where = "local",
    workers: Workers = None,
    part: PartOfMany = None,
    precision: Goal = None,
    dry_run: DryRun = False,
    quiet: Quiet = False,
) -> None:
    """Run a workflow: sweep, analysis, figure, checks against theory.

    What the store holds already is not computed again, so the same command continues a run that
    was stopped, and a larger --realizations extends a finished one.
    """
    from qtcore.request import RunOptions, choose_workflow, prepare_workers, resolve_run
    from qtcore.sweep.preset import parse_settings

    chosen = choose_workflow(workflow)
    options = RunOptions(
        chosen,
        preset=preset,
        settings=parse_settings(settings or [], chosen.workflow.preset(preset)),
        realizations=realizations,
        seed=seed,
        store=store,
        cluster=cluster,
        workers=workers,
        part=part,
        precision=precision,
    )
    with _memory_told(options):
        run_request = resolve_run(options)
        if not dry_run:
            prepare_workers(run_request)
        _planned_or_run(run_request, chosen.workflow.title, dry_run=dry_run, quiet=quiet)


def extend(
    store: StorePath,
    add: Add = None,
    realizations: RealizationsInAll = None,
    cluster: Where = "local",
    workers: Workers = None,
    part: PartOfMany = None,
    trust: Trust = False,
    dry_run: DryRun = False,
    quiet: Quiet = False,
) -> None:
    """Add values of axes and realizations to a store; nothing that it holds is computed again.

    All else is as the store has it: axes, constants, seed, functions, and the definition by which
    results are analysed.
    """
    from qtcore.continuation import extension
    from qtcore.request import prepare_workers

    run_request = extension(
        store,
        add=add,
        realizations=realizations,
        cluster=cluster,
        workers=workers,
        part=part,
        trust=trust,
    )
    if not dry_run:
        prepare_workers(run_request)
    title = (
        run_request.sweep.workflow if run_request.workflow is None else run_request.workflow.title
    )
    _planned_or_run(run_request, title, dry_run=dry_run, quiet=quiet)


def rerun(
    store: StorePath,
    target: Copy = None,
    add: Add = None,
    realizations: RealizationsInAll = None,
    cluster: Where = "local",
    workers: Workers = None,
    part: PartOfMany = None,
    trust: Trust = False,
    dry_run: DryRun = False,
    quiet: Quiet = False,
) -> None:
    """Repeat the sweep of a store, or compute what it lacks, from the store alone."""
    from qtcore.continuation import continuation

    run_request = continuation(
        store,
        target,
        add=add,
        realizations=realizations,
        cluster=cluster,
        workers=workers,
        part=part,
        trust=trust,
    )
    from qtcore import session

    ctrl_c_while_working()
    if dry_run:
        planned.plan(session.plan_request(run_request), run_request)
        return
    session.compute(run_request, console=show.progress(quiet=quiet))
    show.files([target or store])


def _planned_or_run(run_request: "RunRequest", title: str, *, dry_run: bool, quiet: bool) -> None:
    """Show what a request would compute; or compute it, analyse it, and exit by its checks."""
    from qtcore import session

    ctrl_c_while_working()
    if dry_run:
        planned.plan(session.plan_request(run_request), run_request)
        return
    console = show.progress(quiet=quiet)
    planned.heading(run_request, title, console)
    try:
        outcome = session.compute(run_request, console=console)
    except KeyboardInterrupt:
        show.error(BETWEEN)
        raise typer.Exit(INCOMPLETE) from None
    planned.outcome(outcome, console)
    if run_request.part is not None:
        show.files([run_request.store])
        return
    _conclude(run_request, console)


def _conclude(run_request: "RunRequest", console: "Console") -> None:
    """Analyse a store that is filled, show and save what comes out, and exit by its checks."""
    from qtcore.cli.checks import show_checks
    from qtcore.cli.numbers import alternatives, numbers

    conclusion = _concluded(run_request, console)
    numbers(conclusion.result, [check.key for check in conclusion.checks if check.key])
    alternatives(conclusion.result)
    show_checks(conclusion.checks)
    show.notes(conclusion.notes)
    try:
        files = conclusion.saved().files
    except CannotWriteError as error:  # the samples are there, and the same command ends it
        show.error(str(error))
        raise typer.Exit(INCOMPLETE) from None
    show.files([*files, run_request.store])
    exit_by(conclusion.checks)


def _concluded(run_request: "RunRequest", console: "Console") -> "Conclusion":
    """Conclude a run; damaged blocks that are met are computed again, once."""
    from qtcore import session
    from qtcore.reports.conclusion import concluded

    try:
        with console.status("Analysing …"):
            return concluded(run_request.store, workflow=run_request.workflow)
    except DamagedStoreError as damage:
        session.recompute_damaged(run_request, damage, console=console)
    with console.status("Analysing …"):
        return concluded(run_request.store, workflow=run_request.workflow)


@contextmanager
def _memory_told(options: "RunOptions") -> Iterator[None]:
    """Name what is large in a request when memory is too small for it."""
    try:
        yield
    except MemoryError as error:
        import numpy as np

        preset = options.chosen.workflow.preset(options.preset)
        asked = preset.changed(options.settings, options.realizations)
        sizes = {name: axis.values for name, axis in asked.axes.items() if axis.whole}
        sizes |= {n: (v,) for n, v in asked.constants.items() if type(v) is int}
        sizes |= {"lengths": asked.lengths} if asked.lengths else {}
        largest = [f"{name} up to {max(values):,}" for name, values in sizes.items()]
        largest.append(f"{np.max(asked.realizations):,} realizations")
        told = filter(None, (str(error), f"Asked for: {', '.join(largest)}."))
        raise MemoryError("\n".join(told)) from None
