"""What a run returns: its store, and what comes out of it when it is asked for."""

from collections.abc import Iterator
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xarray as xr

from qtcore.answers.answered import export
from qtcore.answers.plots import plot
from qtcore.errors import QtcoreError
from qtcore.reports.conclusion import Conclusion, concluded, judged, results_in
from qtcore.reports.drawn import figure
from qtcore.reports.report import report
from qtcore.results.check_rows import Checks
from qtcore.shown import Card, Shown
from qtcore.store.open import open_dataset
from qtcore.store.place import Place
from qtcore.sweep.status import Status, read_status
from qtcore.sweep.words import status_card

if TYPE_CHECKING:
    from matplotlib.figure import Figure


class RunResult(Shown):
    """What a run has left: a store, its dataset, its results, its checks, its figure.

    Whatever a dataset can do, this can do too (`run.ln_g`, `run["ln_g"]`, `run.sel(width=4)`,
    `run.qt.localization_length()`); `.data` is the dataset itself, for functions that take nothing
    else. A notebook shows its figure and its checks.

    Parameters
    ----------
    store : Place
        A store of qtcore.

    Attributes
    ----------
    store : str
        Path or URL of the store.
    data : xarray.Dataset
        The samples that were there when the run ended, lazily, as `qtcore.open` returns them.
    """

    def __init__(self, store: Place) -> None:
        self._place = store
        self.store = str(store)
        self.data = open_dataset(store)

    @cached_property
    def results(self) -> xr.Dataset:
        """What the definition measures of them, with errors and theory."""
        return results_in(self._place)

    @cached_property
    def checks(self) -> Checks:
        """Results beside theory: a list of `Check` that shows itself as a table."""
        return Checks(judged(self._place).checks)

    def status(self) -> Status:
        """Return how far the run in the store is now."""
        return read_status(self._place)

    def figure(self, **options: Any) -> "Figure":
        """Draw the figure, write it beside the store, and return it; options as of `qtcore.figure`."""
        return figure(self._place, **options)

    def plot(self, *what: Any, **options: Any) -> Any:
        """Draw what is asked for, as `qtcore.plot(store, ...)`."""
        return plot(self._place, *what, **options)

    def export(self, to: str | Path, **options: Any) -> Path:
        """Write samples, statistics or results to a file, as `qtcore.export(store, to, ...)`."""
        return export(self._place, to, **options)

    def report(self, to: str | Path | None = None, **options: Any) -> Path:
        """Write the report, one HTML file, as `qtcore.report(store, to, ...)`; return its path."""
        return report(self._place, to, **options)

    # A dataset, for whoever wants one -------------------------------------------------------------

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of the dataset."""
        if name.startswith("_") or name == "data":  # not yet there in a copy that is being made
            raise AttributeError(name)
        return getattr(self.data, name)

    def __getitem__(self, key: Any) -> Any:
        """Return a variable of the dataset, or some of them."""
        return self.data[key]

    def __contains__(self, name: object) -> bool:
        """Whether the dataset has a variable."""
        return name in self.data

    def __iter__(self) -> Iterator[Any]:
        """Iterate over the names of the dataset's variables."""
        return iter(self.data)

    def __len__(self) -> int:
        """Return how many variables the dataset has."""
        return len(self.data)

    def __dir__(self) -> list[str]:
        """Return its own names and those of the dataset."""
        return sorted({*super().__dir__(), *dir(self.data)})

    # How it shows itself --------------------------------------------------------------------------

    def _card(self) -> Card:
        """Return what is shown of it."""
        card, data = status_card(self.status()), self.data
        sizes = ", ".join(f"{name} {size}" for name, size in data.sizes.items())
        more = [("data", f"{', '.join(map(str, data.data_vars))} ({sizes})")]
        if "checks" in self.__dict__:
            more.append(("checks", self.checks.words))
        more.append(("ask for", ".data .results .checks .figure() .plot(…) .export(…) .report()"))
        return Card(card.headline, [*card.rows, *more])

    def _repr_html_(self) -> str:
        """Return the summary, the figure and the table of checks (HTML)."""
        try:
            found = concluded(self._place)
        except (QtcoreError, OSError) as error:
            return self._card().html() + _sentence(f"There is no figure: {error}")
        self.__dict__["checks"] = Checks(found.checks)
        return f"<div>{self._card().html(_picture(found))}{self.checks._repr_html_()}</div>"


def _picture(found: Conclusion) -> str:
    if found.drawing is None:
        return _sentence(f"There is no figure: {found.failure}")
    from qtcore.pictures.canvas import as_html

    return as_html(found.drawing)


def _sentence(text: str) -> str:
    return f"<pre>{escape(text)}</pre>"
