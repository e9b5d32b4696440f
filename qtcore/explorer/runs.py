"""The runs of a folder, as often as a browser asks for them."""

import hashlib
import threading
from collections.abc import Callable, Mapping
from typing import Any

from qtcore.answers.selection import Wanted
from qtcore.errors import InputError, QtcoreError
from qtcore.explorer.explored import Explored
from qtcore.explorer.packed import plain
from qtcore.store.catalog import Run, query
from qtcore.store.locate import Location, place_of
from qtcore.store.place import Place

GONE = "This store is not there any more: it was moved or deleted while the explorer was open."
"""Said of a run in the place of a problem."""


class GoneError(InputError):
    """A store that the explorer has shown is not there any more."""


class Runs:
    """The runs of a folder by a short name that is no path: a browser cannot ask for anything else.

    Parameters
    ----------
    location : str, Path or Place
        A store, or a folder or URL with stores below it.
    select, trust : mapping and bool
        As in `Explored`.

    Raises
    ------
    InputError
        If there is neither, or a folder without any run.
    """

    def __init__(
        self,
        location: Location,
        *,
        select: Mapping[str, Wanted] | None = None,
        trust: bool = False,
    ) -> None:
        self._place, self._select, self._trust = place_of(location), select, trust
        self._open: dict[str, Explored] = {}
        self._stores: dict[str, Run] = {}
        self._lock = threading.Lock()
        if not self.listed():
            raise InputError(
                f"there is no run in {self._place}. `qtcore run localization` makes one in results/"
            )

    def listed(self) -> list[dict[str, Any]]:
        """Return what the page lists of each run: those that lie there now, and those that did before."""
        try:
            found = query(str(self._place))
        except InputError:
            if not self._stores:
                raise
            found = []  # the folder itself is gone
        there = {_name(run): run for run in found}
        gone = {
            n: Run(run.store, problem=GONE) for n, run in self._stores.items() if n not in there
        }
        self._stores = dict(sorted((there | gone).items(), key=lambda one: one[1].store))
        return [plain(self._told(name, run)) for name, run in self._stores.items()]

    def _told(self, name: str, run: Run) -> dict[str, Any]:
        root = str(self._place)
        short = run.store.removeprefix(root).lstrip("/") or run.store.rsplit("/", 1)[-1]
        return {
            "id": name,
            "name": short,
            "store": run.store,
            "workflow": run.workflow,
            "preset": run.preset,
            "seeds": run.seeds,
            "finished": run.finished,
            "problem": run.problem,
        }

    def run(self, name: str) -> Explored:
        """Return a run by its short name.

        Raises
        ------
        InputError
            If there is none, or its store cannot be read.
        """
        with self._lock:
            if name not in self._stores:
                raise InputError("there is no such run here")
            if name not in self._open:
                self._open[name] = Explored(
                    self._stores[name].store, select=self._select, trust=self._trust
                )
            return self._open[name]

    def asked(self, name: str, question: Callable[..., Any], *given: Any) -> Any:
        """Return what a run answers to one of its methods.

        Raises
        ------
        GoneError
            If its store has been moved or deleted.
        QtcoreError
            If there is no such run, or it cannot answer.
        """
        try:
            return question(self.run(name), *given)
        except (QtcoreError, OSError) as error:
            run = self._stores.get(name)
            if run is None or place_of(run.store).children(""):
                raise
            self._open.pop(name, None)
            raise GoneError(f"{GONE} It was {run.store}.") from error

    def all(self) -> list[tuple[str, Explored]]:
        """Return all runs that can be read, with what the page calls them.

        Raises
        ------
        QtcoreError
            If there is none; the error is that of the first run.
        """
        told = self.listed()
        readable = [one for one in told if not one["problem"]] or told[:1]
        return [(one["name"], self.run(one["id"])) for one in readable]

    def unread(self) -> list[dict[str, Any]]:
        """Return what the page lists of runs that cannot be read."""
        return [one for one in self.listed() if one["problem"]]

    def places(self) -> list[Place]:
        """Return where the runs lie."""
        return [place_of(run.store) for run in self._stores.values()]


def _name(run: Run) -> str:
    return hashlib.sha256(run.store.encode()).hexdigest()[:12]
