"""What comes out of a store: analysis, figure, comparison with theory."""

import logging
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

from qtcore.errors import IncompleteError, brief, command, counted, first_lines
from qtcore.figures.style import refuse_style, styled
from qtcore.reports.behind import heading_of, save_behind
from qtcore.reports.files import USUAL, refuse_formats, save_dataset, save_figure
from qtcore.results.check import Check
from qtcore.results.dataset import notes_in
from qtcore.store.duplicate import contradiction
from qtcore.store.finished import realizations_there
from qtcore.store.header import read_header
from qtcore.store.locate import Location, place_of
from qtcore.store.open import open_dataset
from qtcore.store.place import Place
from qtcore.sweep.build import program_of
from qtcore.sweep.ensemble import examine
from qtcore.sweep.program import program_differences
from qtcore.threads import one_thread
from qtcore.trust import UntrustedDefinitionError, definition_of, edited_since, vouch_for
from qtcore.workflow import ConclusionError, Workflow, called

if TYPE_CHECKING:  # takes longer to import than everything that `qtcore status` needs
    from matplotlib.figure import Figure

    from qtcore.figures.style import Style

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Conclusion:
    """What came out of a store.

    Attributes
    ----------
    result : xarray.Dataset
        The analysis.
    checks : list of Check
        Numbers beside theory, and the ensemble beside what the store says of it.
    notes : list of str
        What could not be checked, and why.
    drawing : Figure or None
        The figure; None if drawing it failed, or if none was asked for.
    store : Place
        Where the data lie.
    failure : ConclusionError or None
        Why there is no figure.
    files : list of Path
        The figure (PNG, PDF), its captions (text), the numbers behind its panels (a folder of CSV
        tables) and the analysis (Zarr), once they are saved.
    """

    result: xr.Dataset
    checks: list[Check]
    notes: list[str]
    drawing: "Figure | None"
    store: Place
    failure: ConclusionError | None = None
    files: tuple[Path, ...] = ()

    def saved(self, formats: Sequence[str] = USUAL) -> "Conclusion":
        """Write figure and analysis beside the store, in `results` for a store with a URL.

        Parameters
        ----------
        formats : sequence of str
            What the figure is saved as: "png", "pdf" and "svg".

        Raises
        ------
        CannotWriteError
            If the folder or the disk does not take them.
        ConclusionError
            If there is no figure; the analysis is written then.
        """
        figures: list[Path] = []
        if self.drawing is not None:
            figures += save_figure(self.drawing, self.store, formats=formats)
            figures += save_behind(self.drawing, self.store, heading_of(self.store))
        analysis = save_dataset(self.result, self.store, ".analysis.zarr")
        if self.failure is not None:
            raise self.failure
        return replace(self, files=(*figures, analysis))


def conclude(
    store: Location,
    *,
    workflow: str | Path | Workflow | None = None,
    trust: bool = False,
    style: "Style" = "page",
    formats: Sequence[str] = USUAL,
) -> Conclusion:
    """Analyse a store, draw its figure and compare with theory; write the files.

    They lie beside the store, in `results/s3/bucket/…` for a store with a URL: `NAME.png`, `NAME.pdf`,
    `NAME.caption.txt`, `NAME.panels`, `NAME.analysis.zarr`. Parameters and errors as in `concluded` and
    `Conclusion.saved`.

    Raises
    ------
    IncompleteError
        If no realization is finished: there is nothing to draw.
    """
    refuse_formats(formats)
    found = concluded(store, workflow=workflow, trust=trust, style=style).saved(formats)
    warn_if_incomplete(found.store)
    return found


def refuse_nothing_finished(store: Location) -> None:
    """Raise IncompleteError if no realization of a store is finished."""
    place = place_of(store)
    there, wanted = realizations_there(place)
    if not there:
        raise IncompleteError(
            f"{place} holds none of its {wanted:,} realizations yet, so that there is nothing to draw. To go "
            f"on: {_way_on(place)}"
        )


def incompleteness(store: Location) -> str:
    """Return a sentence if a store lacks realizations, with the way to go on; "" if it lacks none."""
    place = place_of(store)
    there, wanted = realizations_there(place)
    if there >= wanted:
        return ""
    return (
        f"{place} is incomplete: {there:,} of {wanted:,} realizations (over all points) are there, "
        f"and the analysis is of these alone. To go on: {_way_on(place, parts=True)}."
    )


def _way_on(place: Place, *, parts: bool = False) -> str:
    """Say what computes what a store lacks."""
    if read_header(place).draws:
        return "continue the runs that it was put together of, and put them together again with `qtcore merge`"
    among = " (after --part, the other parts)" if parts else ""
    return f"the same `qtcore run`{among}, or `{command('rerun', place)}`"


def warn_if_incomplete(store: Location) -> None:
    """Log that sentence as a warning."""
    if sentence := incompleteness(store):
        log.warning("%s", sentence)


@one_thread
def concluded(
    store: Location,
    *,
    workflow: str | Path | Workflow | None = None,
    trust: bool = False,
    style: "Style" = "page",
) -> Conclusion:
    """Analyse a store, draw its figure and compare with theory; nothing is written yet.

    Parameters
    ----------
    store : str or Path
        The store.
    workflow : str, Path or Workflow, optional
        Definition to use, instead of the one that the store was made with.
    trust : bool
        Whether the store's own definition may run if neither this installation nor this user knows
        it (see `qtcore.trust`).
    style : str
        What the figure is for: "page", "column", "two-columns" or "slides" (`qtcore.figures.style.STYLES`).

    Raises
    ------
    InputError
        If there is no qtcore store, its workflow is not found, or there is no such style.
    UntrustedDefinitionError
        If its own definition may not run here.
    ConclusionError
        If analysis or checks raise, with their own traceback. What the figure raises is kept in
        `failure`: numbers and checks are there all the same.
    """
    refuse_style(style)
    place = place_of(store)
    definition = definition_of(place, workflow, trust=trust)
    refuse_nothing_finished(place)
    dataset = open_dataset(place)
    drawing, failure = None, None
    with _other_workflow_told(place, definition):
        result = analysed(definition, dataset)
        checks = checked(definition, result)
    try:
        with _other_workflow_told(place, definition), styled(style):
            drawing = drawn(definition, dataset, result)
    except ConclusionError as error:
        failure = error
    found, notes = ensemble_checks(place, trust=trust, distinct=definition.distinct)
    edited = [] if workflow is not None else edited_since(read_header(place))
    notes = [*edited, *_notes_on(place, definition, result), *notes]
    notes += definition.absent_panels(result)
    return Conclusion(result, [*checks, *found], notes, drawing, place, failure)


@contextmanager
def _other_workflow_told(store: Place, definition: Workflow) -> Iterator[None]:
    """Say before the traceback of a definition that fails that the store is of another workflow."""
    try:
        yield
    except ConclusionError as error:
        attributes = read_header(store).attributes
        stored = str(attributes.get("workflow", ""))
        if stored == definition.name:
            raise
        raise ConclusionError(
            f"{store} was made by the workflow {stored!r}, and {definition.name!r} analyses it here, "
            f"which may ask for what it does not hold:\n{error}"
        ) from error


@one_thread
def judged(
    store: Location, *, workflow: str | Path | Workflow | None = None, trust: bool = False
) -> Conclusion:
    """Return what `concluded` does, and draw nothing."""
    place = place_of(store)
    definition = definition_of(place, workflow, trust=trust)
    with _other_workflow_told(place, definition):
        result = analysed(definition, open_dataset(place))
        checks = checked(definition, result)
    found, notes = ensemble_checks(place, trust=trust, distinct=definition.distinct)
    edited = [] if workflow is not None else edited_since(read_header(place))
    notes = [*edited, *_notes_on(place, definition, result), *notes]
    return Conclusion(result, [*checks, *found], notes, None, place)


@one_thread
def results_in(
    store: Location, *, workflow: str | Path | Workflow | None = None, trust: bool = False
) -> xr.Dataset:
    """Return the analysis of a store, and nothing else; parameters and errors as in `concluded`."""
    place = place_of(store)
    definition = definition_of(place, workflow, trust=trust)
    with _other_workflow_told(place, definition):
        return analysed(definition, open_dataset(place))


def _notes_on(store: Place, definition: Workflow, result: xr.Dataset) -> list[str]:
    """Return what a reader of results should know of them and of their store."""
    return [*_damage_of_copy(store), *other_functions(store, definition), *notes_in(result)]


def _damage_of_copy(store: Place) -> list[str]:
    said = contradiction(store)
    return [said] if said else []


def other_functions(store: Place, definition: Workflow) -> list[str]:
    """Return a note if other functions made a store's numbers than those of a definition.

    Theory may then speak of other wires than the store holds.
    """
    stored = str(read_header(store).spec.get("program", ""))
    present = program_of(definition.functions)
    changed = program_differences(stored, present)
    if not changed:
        return []
    return [
        f"The numbers of {store} were made by other functions than those of the definition that "
        f"analyses them here ({first_lines(changed)}). The comparison with theory may not fit them; "
        f"`{command('source', store)}` prints the definition that made them."
    ]


def ensemble_checks(
    store: Place,
    *,
    trust: bool = False,
    samples: int | None = None,
    distinct: bool | None = None,
) -> tuple[list[Check], list[str]]:
    """Compare the samples of a store with each other, and some of them with new ones.

    Parameters
    ----------
    store : Place
        The store.
    trust : bool
        Whether the functions that the store holds may run if nobody here knows them.
    samples : int, optional
        As in `qtcore.sweep.ensemble.examine`.
    distinct : bool, optional
        Whether samples must differ; what the store's definition said of it if left out.

    Returns
    -------
    checks, notes : list of Check, list of str
        Nothing and the reason, if the functions of the store may not run.

    Raises
    ------
    UntrustedDefinitionError
        If they may not run, and a number of samples was asked for.
    """
    header = read_header(store)
    try:
        vouch_for(header, trust=trust)
    except UntrustedDefinitionError as error:
        if samples is not None:
            raise
        return [], [f"The samples themselves were not checked: {error}"]
    found = examine(store, samples=samples)
    if distinct is None:
        distinct = header.attributes.get("distinct") is not False
    checks, notes = [], [*found.examples, *found.missing]
    if found.compared and distinct:
        name = f"samples that occur twice, among {found.compared} at {found.points} points"
        checks.append(Check(name, found.repeated, 0.0, 0.0, source="independent draws"))
    if found.constant and distinct and len(found.constant) == found.points:
        name = f"points all of whose samples are equal, of {found.points}"
        checks.append(Check(name, len(found.constant), 0.0, 0.0, source="independent draws"))
    elif found.constant and distinct:
        notes.append(
            f"All samples are equal at {len(found.constant)} of {counted(found.points, 'points')}, such "
            f"as {found.constant[0]}: without randomness one realization says as much."
        )
    if found.recomputed:
        name = f"samples that came out otherwise from the same seed, of {found.recomputed} computed again"
        checks.append(Check(name, found.different, 0.0, 0.0, source="randomness by address"))
    if samples is not None and found.recomputed < samples:
        there = counted(found.recomputed, "samples")
        notes.append(
            f"{samples} were to be computed again; the store holds {there}, and these were."
        )
    return checks, notes


def analysed(definition: Workflow, dataset: xr.Dataset) -> xr.Dataset:
    """Return what a definition makes of a dataset, computed: figure, checks and file share it.

    Raises
    ------
    ConclusionError
        If the analysis raises, with its own traceback; the dataset may be of another workflow.
    """

    def computed(given: xr.Dataset) -> xr.Dataset:
        found = definition.results(given)
        _refuse_unless(definition, "analyse(dataset)", "return an", found, xr.Dataset)
        return _texts_as_attributes(found.load())

    where = f"a store of {dataset.attrs.get('workflow', 'no workflow')}"
    return called(definition, "the analysis", computed, dataset, error=ConclusionError, where=where)


def _texts_as_attributes(result: xr.Dataset) -> xr.Dataset:
    """Keep constants that are texts as attributes: Zarr has no lasting form for their arrays."""
    texts = {
        str(name): str(values.item())
        for name, values in result.coords.items()
        if values.ndim == 0 and values.dtype.kind in "UT"
    }
    return result.drop_vars(texts).assign_attrs(texts) if texts else result


def drawn(definition: Workflow, dataset: xr.Dataset, result: xr.Dataset) -> "Figure":
    """Return the figure of a definition; raises like `analysed`."""
    from matplotlib.figure import Figure

    drawing = called(
        definition, "the figure", definition.figure, dataset, result, error=ConclusionError
    )
    _refuse_unless(definition, "draw(dataset, result)", "return a", drawing, Figure)
    return drawing


def checked(definition: Workflow, result: xr.Dataset) -> list[Check]:
    """Return what a definition compares with theory; raises like `analysed`."""

    def made(given: xr.Dataset) -> list[Check]:
        found = definition.checks(given)
        _refuse_unless(definition, "check(result)", "return a list of", found, Iterable, Check)
        found = list(found)
        for check in found:
            _refuse_unless(definition, "check(result)", "return a list of", check, Check)
            _ = check.passed  # of values that are no numbers this raises here, with a name
        return found

    return called(definition, "check(result)", made, result, error=ConclusionError)


def _refuse_unless(
    definition: Workflow, role: str, must: str, found: Any, kind: type, told: type | None = None
) -> None:
    """Raise ConclusionError unless a function gave what it must; `told` is what a list holds."""
    if not isinstance(found, kind):
        named = told or kind
        raise ConclusionError(
            f"{role} of {definition.name} must {must} {named.__module__.split('.')[0]} "
            f"{named.__name__}, got {brief(found)}"
        )
