"""What comes out of a store: analysis, figure, comparison with theory."""

from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from qtcore.analysis.check import Check
from qtcore.beside import beside, save_figure
from qtcore.errors import InputError, QtcoreError
from qtcore.store.header import read_header
from qtcore.store.locate import Location, place_of
from qtcore.store.open import open_dataset
from qtcore.store.place import Place
from qtcore.sweep.program import own_traceback
from qtcore.workflow import DefinitionError, Workflow, from_source, load


@dataclass(frozen=True)
class Conclusion:
    """What came out of a store.

    Attributes
    ----------
    result : xarray.Dataset
        The analysis.
    checks : list of Check
        Numbers beside theory.
    files : list of Path
        The figure (PNG, PDF) and the analysis (Zarr), as written.
    """

    result: xr.Dataset
    checks: list[Check]
    files: list[Path]


def conclude(store: Location, *, workflow: str | Path | Workflow | None = None) -> Conclusion:
    """Analyse a store, draw its figure and compare with theory.

    Parameters
    ----------
    store : str or Path
        The store.
    workflow : str, Path or Workflow, optional
        Definition to use, instead of the one that the store was made with.

    Returns
    -------
    Conclusion
        Its files lie beside the store, in `results` for a store with a URL: `NAME.png`,
        `NAME.pdf`, `NAME.analysis.zarr`.

    Raises
    ------
    InputError
        If there is no qtcore store, or its workflow is not found.
    DefinitionError
        If the analysis raises, with its own traceback.
    """
    place = place_of(store)
    definition = definition_of(place, workflow)
    dataset = open_dataset(place)
    result = analysed(definition, dataset)
    drawing = definition.draw(dataset, result)
    files = [*save_figure(drawing, place), _save_analysis(result, place)]
    return Conclusion(result, definition.check(result), files)


def analysed(definition: Workflow, dataset: xr.Dataset) -> xr.Dataset:
    """Return what a definition makes of a dataset, computed: figure, checks and file share it.

    Raises
    ------
    DefinitionError
        If the analysis raises, with its own traceback; the dataset may be of another workflow.
    """
    try:
        return definition.analyse(dataset).load()
    except QtcoreError:
        raise
    except Exception as error:
        trace = own_traceback(error, definition.analyse.__code__.co_filename)
        raise DefinitionError(
            f"the analysis of {definition.name} fails on a store of "
            f"{dataset.attrs.get('workflow', 'no workflow')}:\n\n{trace}"
        ) from error


def definition_of(store: Place, workflow: str | Path | Workflow | None) -> Workflow:
    """Return the workflow that a store is analysed with: the one given, or the store's own."""
    if isinstance(workflow, Workflow):
        return workflow
    if workflow is not None:
        return load(workflow)
    attributes = read_header(store).attributes
    name = attributes.get("definition") or attributes["workflow"]
    try:
        return load(name)
    except InputError:
        # The definition is not here, but its text is in the store.
        if not attributes.get("definition_source"):
            raise
        return from_source(attributes["definition_source"], f"{store}: {name}")


def _save_analysis(result: xr.Dataset, store: Place) -> Path:
    path = beside(store, ".analysis.zarr")
    result.to_zarr(path, mode="w", zarr_format=3, consolidated=False)
    return path
