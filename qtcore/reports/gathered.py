"""Everything that a report says of a run, read once from its store."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from qtcore.errors import IncompleteError, InputError, command
from qtcore.reports.behind import CAPTION, captions, heading_of
from qtcore.reports.conclusion import Conclusion, concluded
from qtcore.reports.files import path_beside
from qtcore.reports.quantities import Quantity, quantities_of
from qtcore.reports.recorded import read_recorded
from qtcore.results.check import Check
from qtcore.store.header import Header, read_header
from qtcore.store.locate import Location, place_of
from qtcore.store.place import Place
from qtcore.sweep.spec import Sweep
from qtcore.sweep.status import Status, read_status
from qtcore.sweep.stored_draws import whole_sweep
from qtcore.sweep.timeline import timeline
from qtcore.trust import UntrustedDefinitionError
from qtcore.workflow import ConclusionError, Workflow

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LARGEST_SVG = 2_000_000
"""Bytes of a drawing that is embedded as SVG; a larger one becomes a PNG."""

LARGEST_FILE = 50_000_000
"""Bytes of a figure beside a store that is embedded, at most."""

PNG = b"\x89PNG\r\n\x1a\n"
"""First bytes of a PNG file."""


@dataclass(frozen=True)
class Picture:
    """A picture as it is embedded.

    Attributes
    ----------
    content : bytes
    kind : str
        "svg" or "png".
    caption : str
        What it shows, in words.
    """

    content: bytes
    kind: str
    caption: str

    @property
    def paragraphs(self) -> list[str]:
        """The caption without the lines into which its file is broken."""
        return [" ".join(part.split()) for part in self.caption.split("\n\n") if part.strip()]

    @property
    def media_type(self) -> str:
        """Media type of the file."""
        return "image/svg+xml" if self.kind == "svg" else "image/png"


@dataclass(frozen=True)
class Gathered:
    """What a report says of a run.

    Attributes
    ----------
    place : Place
        Where the store lies.
    header : Header
        Its attributes.
    status : Status
        How far it is.
    sweep : Sweep
        What was swept.
    checks, notes : sequence
        The table of checks, and what a reader of it should know.
    quantities : sequence of Quantity
        What the analysis says; nothing where there is none.
    figure : Picture or None
        The figure of the definition.
    without : tuple of str
        Why something is not there, in sentences, each with the command that makes it.
    origin : str
        Where analysis and figure come from, in a sentence.
    timeline : Picture or None
        What every worker did when.
    wall_seconds : float
        How long drivers ran; 0 where the log says nothing.
    retried : int
        Attempts that failed and were repeated.
    """

    place: Place
    header: Header
    status: Status
    sweep: Sweep
    checks: Sequence[Check] = ()
    notes: Sequence[str] = ()
    quantities: Sequence[Quantity] = ()
    figure: Picture | None = None
    without: tuple[str, ...] = ()
    origin: str = ""
    timeline: Picture | None = None
    wall_seconds: float = 0.0
    retried: int = 0


def gather(
    store: Location, *, workflow: str | Path | Workflow | None = None, trust: bool = False
) -> Gathered:
    """Read what a report says of a run; analysis and figure are made if the definition may run here.

    Parameters
    ----------
    store : str or Path
        A store, complete or not.
    workflow, trust
        As in `qtcore.reports.conclusion.concluded`.

    Returns
    -------
    Gathered
        Where the definition may not run, checks, results and figure are those that lie beside the store, if
        they do.

    Raises
    ------
    InputError
        If there is no qtcore store, or its metadata are damaged.
    DamagedStoreError
        If samples disagree with their checksums.
    """
    place = place_of(store)
    header = read_header(place)
    found = Gathered(place, header, read_status(store), whole_sweep(header))
    found = _with_timeline(found)
    try:
        return _made(found, concluded(place, workflow=workflow, trust=trust))
    except UntrustedDefinitionError as error:
        return _as_recorded(found, f"Nothing of the definition was executed: {error}.")
    except IncompleteError as error:
        return replace(found, without=(f"There are no results yet: {error}.",))
    except ConclusionError as error:
        # The last line of a traceback is the one that says what happened.
        said = str(error).strip().splitlines()
        why = f"The analysis of the definition failed: {said[-1] if said else type(error).__name__}"
        return replace(
            found, without=(f"{why}. `{command('check', place)}` shows where.", *_unread(found))
        )
    except InputError as error:
        if workflow is not None:
            raise
        return _as_recorded(found, f"No analysis was made: {error}.")


def _unread(found: Gathered) -> tuple[str, ...]:
    recorded = path_beside(found.place, ".analysis.zarr")
    if not recorded.is_dir():
        return ()
    return (f"Results of an earlier time lie in {recorded.name}, and are not shown here.",)


def _made(found: Gathered, made: Conclusion) -> Gathered:
    """Return what a definition has made now."""
    without = []
    figure = None
    if made.drawing is not None:
        from qtcore.figures.behind import behind

        told = captions(behind(made.drawing), heading_of(found.place))
        figure = embedded(made.drawing, told)
    elif made.failure is not None:
        said = str(made.failure).strip().splitlines()[-1]
        without.append(
            f"There is no figure, because drawing it failed: {said}. `{command('figure', found.place)}` "
            "shows where."
        )
    return replace(
        found,
        checks=made.checks,
        notes=made.notes,
        quantities=quantities_of(made.result),
        figure=figure,
        without=tuple(without),
        origin="Results, checks and figure were computed from the samples of the store for this report.",
    )


def _as_recorded(found: Gathered, why: str) -> Gathered:
    """Return what lies beside the store: the definition may not run here."""
    recorded = read_recorded(path_beside(found.place, ".analysis.zarr"), found.header)
    figure = _recorded_figure(found.place)
    without = [why, *filter(None, [recorded.problem])]
    if not recorded.checks:
        again = command("check", found.place, "--trust")
        without.append(f"Checks are made by `{again}`, once you have read the definition.")
    if figure is None:
        again = command("figure", found.place, "--trust")
        without.append(f"The figure is made by `{again}`, once you have read the definition.")
    beside = "Results and checks" if recorded.quantities else ""
    beside += (", and the figure," if beside else "The figure") if figure else ""
    were = "were" if recorded.quantities else "was"
    return replace(
        found,
        checks=recorded.checks,
        notes=recorded.notes,
        quantities=recorded.quantities,
        figure=figure,
        without=tuple(without),
        origin=f"{beside} {were} read from files beside the store." if beside else "",
    )


def _recorded_figure(place: Place) -> Picture | None:
    """Return the figure beside a store (PNG) with its caption, if it is there."""
    path, told = path_beside(place, ".png"), path_beside(place, CAPTION)
    content = _content(path)
    if not content.startswith(PNG):
        return None
    caption = _content(told).decode(errors="replace")
    return Picture(content, "png", caption or f"Figure of {place.name}, without a caption.")


def _content(path: Path) -> bytes:
    """Return a file that is no link and not too large; else nothing."""
    try:
        if path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST_FILE:
            return b""
        return path.read_bytes()
    except OSError:
        return b""


def _with_timeline(found: Gathered) -> Gathered:
    """Add the picture of what workers did, as far as the event log tells."""
    from qtcore.figures.timeline import draw, running

    try:
        told = timeline(found.place)
    except InputError:  # nothing has come back yet
        return found
    began, ended = running(told)
    trouble = told["final"].to_numpy().astype(bool)
    caption = (
        "Each row is a worker, each bar a task. A dashed line is where a session of the run began; time in "
        "which no driver ran is left out. Orange bars are tasks that were tried again, crosses failed attempts."
    )
    return replace(
        found,
        timeline=embedded(draw(told), caption),
        wall_seconds=float((ended - began).sum()),
        retried=int((~trouble).sum()),
    )


def embedded(drawing: "Figure", caption: str) -> Picture:
    """Return a figure as it is embedded: SVG, or PNG where that is smaller to send."""
    from qtcore.figures.drawing import content_of

    content = content_of(drawing, "svg")
    if len(content) <= LARGEST_SVG:
        return Picture(content, "svg", caption)
    return Picture(content_of(drawing, "png"), "png", caption)
