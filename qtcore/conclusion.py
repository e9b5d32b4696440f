"""What comes out of a store: analysis, figure, comparison with theory."""

from dataclasses import dataclass
from pathlib import Path

import xarray as xr

from qtcore.analysis.check import Check
from qtcore.beside import beside, save_figure
from qtcore.errors import QtcoreError
from qtcore.store.locate import Location, place_of
from qtcore.store.open import open_dataset
from qtcore.store.place import Place
from qtcore.sweep.program import own_traceback
from qtcore.trust import definition_of
from qtcore.workflow import DefinitionError, Workflow


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


def conclude(
    store: Location, *, workflow: str | Path | Workflow | None = None, trust: bool = False
) -> Conclusion:
    """Analyse a store, draw its figure and compare with theory.

    Parameters
    ----------
    store : str or Path
        The store.
    workflow : str, Path or Workflow, optional
        Definition to use, instead of the one that the store was made with.
    trust : bool
        Whether the store's own definition may run if neither this installation nor this user knows
        it (see `qtcore.trust`).

    Returns
    -------
    Conclusion
        Its files lie beside the store, in `results` for a store with a URL: `NAME.png`,
        `NAME.pdf`, `NAME.analysis.zarr`.

    Raises
    ------
    InputError
        If there is no qtcore store, or its workflow is not found.
    UntrustedDefinitionError
        If its own definition may not run here.
    DefinitionError
        If the analysis raises, with its own traceback.
    """
    place = place_of(store)
    definition = definition_of(place, workflow, trust=trust)
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


def _save_analysis(result: xr.Dataset, store: Place) -> Path:
    path = beside(store, ".analysis.zarr")
    result.to_zarr(path, mode="w", zarr_format=3, consolidated=False)
    return path
