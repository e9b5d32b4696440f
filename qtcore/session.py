"""One session of a run: rehearse, connect to a cluster, fill the store, say what is missing."""

import logging
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, suppress

from distributed import Client
from rich.console import Console

from qtcore.cluster.connect import connect
from qtcore.cluster.profile import Profile
from qtcore.errors import (
    REFUSED,
    DamagedStoreError,
    IncompleteError,
    InputError,
    command,
    counted,
    is_refusal,
    writing_to,
)
from qtcore.made_up import absent_panels, warn_if_analysis_fails
from qtcore.request import RunRequest, prepare_workers
from qtcore.store.document import MOST_BYTES
from qtcore.store.header import identity_of, read_header
from qtcore.store.open_store import OpenStore, open_store
from qtcore.store.place import ROOT_METADATA, Place
from qtcore.store.verify import verify
from qtcore.sweep.extension import begins, target, together
from qtcore.sweep.fill_store import fill_store, plan_sweep
from qtcore.sweep.listening import InBackground
from qtcore.sweep.outcome import Outcome
from qtcore.sweep.plan import Plan
from qtcore.sweep.progress import display_on
from qtcore.sweep.provenance import distributions_of
from qtcore.sweep.rehearsal import rehearse
from qtcore.sweep.rounds import fill_to_precision, final_sweep
from qtcore.trust import remember_definition

log = logging.getLogger(__name__)


class IncompleteSweepError(IncompleteError):
    """A run ended with blocks missing, with what it did; what is finished is in the store.

    Attributes
    ----------
    outcome : Outcome
        What was done, what failed and how to reproduce it.
    """

    def __init__(self, message: str, outcome: Outcome) -> None:
        super().__init__(message)
        self.outcome = outcome


def plan_request(run_request: RunRequest) -> Plan:
    """Return what a request would compute, on the workers of its profile (on one if it names none).

    With a precision goal it is that of the first round, or, once that is in the store, of all
    that its errors ask for. The request is rehearsed first, which takes about a second, and the
    analysis is called once on made-up samples (`qtcore.made_up`).

    Raises
    ------
    InputError
        If a run would be refused. What is wrong with the definition is told first, and its analysis
        is tried even if the store is of another sweep: nothing is stored.
    """
    sweep, opened = run_request.sweep, open_store(run_request.store)
    try:
        together(sweep, opened)
    except InputError:
        rehearse(sweep, run_request.author)
        _analysis_tried(run_request)
        raise
    _rehearsed(run_request, opened)
    if run_request.precision is not None:
        sweep = final_sweep(run_request.precision, sweep, opened)
    workers = run_request.profile.cores or 1
    found = plan_sweep(sweep, opened, workers, run_request.part, run_request.cutting)
    _analysis_tried(run_request)
    return found


def _analysis_tried(run_request: RunRequest) -> None:
    """Warn if the analysis of a request fails on made-up samples."""
    if run_request.workflow is not None:
        warn_if_analysis_fails(run_request.workflow, run_request.sweep)


def _rehearsed(run_request: RunRequest, opened: OpenStore) -> None:
    """Refuse a request whose workers would compute other numbers than this process."""
    block = None if begins(run_request.sweep, opened) else opened.header.block
    sweep = target(run_request.sweep, opened)
    rehearse(sweep, run_request.author, block)
    if run_request.workflow is not None:
        for sentence in absent_panels(run_request.workflow, sweep):
            log.warning("%s", sentence)


def compute(run_request: RunRequest, *, console: Console) -> Outcome:
    """Compute what the store of a request lacks, with progress on a console.

    A block that is found damaged where a precision goal reads it is computed again, once.

    Raises
    ------
    InputError
        If something is refused; nothing was computed or changed then.
    IncompleteSweepError
        If blocks are missing in the end.
    DamagedStoreError
        If a damaged block cannot be computed again, such as in a compacted store.
    """
    try:
        return _computed(run_request, console)
    except DamagedStoreError as damage:
        return recompute_damaged(run_request, damage, console=console)


def recompute_damaged(
    run_request: RunRequest, damage: DamagedStoreError, *, console: Console
) -> Outcome:
    """Compute the damaged blocks of a store again, after one of them was met.

    Parameters
    ----------
    run_request : RunRequest
        The run that the store is of.
    damage : DamagedStoreError
        What was met.
    console : Console
        As in `compute`.

    Raises
    ------
    DamagedStoreError
        As it came, if the store is compacted, in use, or has no damaged block.
    """
    if read_header(run_request.store).compacted:  # to expand it is the user's to decide
        raise damage
    try:
        report = verify(run_request.store)
    except InputError:
        raise damage from None
    if not report.reopened:
        raise damage
    blocks = counted(report.reopened, "damaged blocks")
    console.print(f"{damage}. To compute again now: {blocks}.", markup=False, highlight=False)
    return _computed(run_request, console)


def _computed(run_request: RunRequest, console: Console) -> Outcome:
    remember_definition(run_request.workflow, run_request.provenance.source)
    profile = run_request.profile
    prepare_workers(run_request)
    _rehearsed(run_request, open_store(run_request.store))

    def connected() -> AbstractContextManager[Client]:
        return _announced(
            profile, run_request.store, distributions_of(run_request.sweep.program), console
        )

    with writing_to(run_request.store), InBackground(display_on(console)) as bar:
        if run_request.precision is None:
            outcome = fill_store(
                run_request.sweep,
                run_request.store,
                connected,
                part=run_request.part,
                provenance=run_request.provenance,
                listeners=(bar,),
                compile_here=profile.is_here,
                cutting=run_request.cutting,
            )
        else:
            outcome = fill_to_precision(
                run_request.precision,
                run_request.sweep,
                run_request.store,
                connected,
                provenance=run_request.provenance,
                listeners=(bar,),
                compile_here=profile.is_here,
                cutting=run_request.cutting,
            )
    if outcome.blocks_left or outcome.stopped:
        raise IncompleteSweepError(_why_incomplete(run_request.store, outcome), outcome)
    return outcome


@contextmanager
def _announced(
    profile: Profile, store: Place, packages: list[str], console: Console
) -> Iterator[Client]:
    """Connect, and say where the cluster can be watched."""
    with connect(profile, store, packages) as client:
        if getattr(profile, "dashboard", True):
            with suppress(Exception):  # the link is made from settings that may be anything
                link = client.dashboard_link
                console.print(f"Dask dashboard: {link}", style="dim", highlight=False)
        yield client


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"


def _why_incomplete(store: Place, outcome: Outcome) -> str:
    lines = []
    if outcome.stopped:
        lines.append(f"The sweep stopped: {outcome.stopped}.")
    if outcome.failures:
        first = outcome.failures[0]
        alike = len(outcome.failures) > 1 and len({one.error for one in outcome.failures}) == 1
        how = "with the same error" if alike else _times(first.attempts)
        lines += [
            f"{counted(len(outcome.failures), 'pieces')} of the sweep failed {how}; the first:",
            f"  {first.parameters}: {first.error}",
            f"  to see it alone: {first.reproduce}",
            f"  all of them: {command('status', store)}",
        ]
    counts = f"{counted(outcome.blocks_left, 'blocks')} missing, {outcome.blocks_done} computed."
    if _is_elsewhere(store, outcome.identity):
        where = f"What is finished is where the store was moved to; it no longer lies at {store}."
    elif any(is_refusal(failure.error) for failure in outcome.failures):
        where = f"What is finished is safe in {store}. {REFUSED}."
    else:
        where = f"What is finished is safe in {store}. The same command goes on from there."
    return "\n".join([*lines, f"{counts} {where}"])


def _is_elsewhere(store: Place, identity: str) -> bool:
    """Whether nothing or another store lies where a run wrote, as far as the storage answers."""
    try:
        content = store.get(ROOT_METADATA, MOST_BYTES)
    except OSError:
        return False
    found = identity_of(content)
    return bool(identity) and (content is None or found not in ("", identity))
