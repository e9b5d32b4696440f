"""The numbers of a sweep as they grow, stage by stage."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from qtcore.errors import InputError, brief, counted
from qtcore.estimate.estimate import Array, Estimate
from qtcore.estimate.missing import Missing, MissingNumbers
from qtcore.results.at import At
from qtcore.results.column import Column, Place
from qtcore.results.declare import Declared, Expected, Stage, fewest_for, told_of
from qtcore.results.dimensions import coordinates, dimension_of
from qtcore.results.hint import hint_at_together
from qtcore.results.named import texts_in
from qtcore.results.places import named_places
from qtcore.results.swept import Swept
from qtcore.results.validate import one_at_a_time, samples_are, without_source

if TYPE_CHECKING:
    import xarray as xr


Missed = tuple[Stage, tuple[str, ...], dict[str, int], str]
"""A stage that gave up, the axes that its results have, where, and why."""

NOT_COMPUTED = "not computed there, or with too few realizations"


class Table:
    """Quantities of a sweep and what theory says of them.

    Attributes
    ----------
    swept : Swept
        The sweep.
    found, theory, left_out, compared : dict of str to Column
        By quantity: what was measured, what is expected, its band, and whether it is compared, with
        the reason why not.
    notes : list of str
        What was left out, for the reader.
    """

    def __init__(self, declared: Declared, ds: "xr.Dataset") -> None:
        self.swept = Swept(ds, declared.cases)
        self.quantities = {one.name: one for one in declared.quantities}
        self.own = {
            d: dimension_of(d, given, self.swept) for d, given in declared.dimensions.items()
        }
        self.found: dict[str, Column] = {}
        self.theory: dict[str, Column] = {}
        self.left_out: dict[str, Column] = {}
        self.compared: dict[str, Column] = {}
        self.notes: list[str] = []
        self._fewest = declared.fewest
        self._returns: dict[str, set[str]] = {}
        self._early: dict[str, str] = {}
        self._asked: dict[str, dict[str, None]] = {}
        self._silent: list[Missed] = []
        self._measure(declared.measures)
        self._expect(declared.expects)

    def size(self, dim: str) -> int:
        """Return how many entries a dimension has."""
        if dim in self.own:
            return len(coordinates(self.own[dim]))
        return self.swept.size(dim)

    def _earlier(self, at: At, name: str) -> Estimate:
        """Return a quantity as a stage sees it (see `At`)."""
        self._asked.setdefault(at._stage, {})[name] = None
        is_stored = name in self.swept.ds.data_vars
        # A stage that gave up may have meant it; otherwise samples are meant.
        if is_stored and name not in self.found and not self._silent:
            raise InputError(samples_are(at._stage, name))
        if name not in self.quantities:
            raise InputError(
                f"{at._stage} asks for {name!r}, which is not declared; the quantities are "
                f"{', '.join(self.quantities)}"
            )
        if name not in self.found:
            self._early.setdefault(name, at._stage)
            why = f": {self._silent[0][3]}" if self._silent else ""
            raise Missing(f"{name} is missing{why}")
        return self.found[name].at(at._index, at._held, at._lengths)

    def _measure(self, stages: Sequence[Stage]) -> None:
        for stage in stages:
            returned = self._returns.setdefault(stage.name, set())
            missed: list[Missed] = []
            for name, value, kept, index, at in self._said(stage, "measure", missed):
                with told_of(stage.function):
                    self._keep(name, value, stage, kept, index, at)
                    if name in self._early:
                        raise InputError(
                            f"{self._early[name]} asks for {name}, which {stage.name} measures only "
                            f"after it: put {stage.name} first in `measure`"
                        )
                returned.add(name)
            if returned:
                self._miss(missed, returned)
            else:
                self._silent += missed
        possible = self._possible([n for n in self.quantities if n not in self.found], self._silent)
        for one in self._silent:
            self._miss([one], self._returns[one[0].name] or possible[id(one[0])])

    def _possible(
        self, unsaid: Iterable[str], silent: Sequence[Missed]
    ) -> dict[int, Collection[str]]:
        """Return what stages that gave up everywhere, and so have not said what they return, may mean.

        A stage may mean what no other stage returned, has no dimension of which the stage sees one
        value, and is nothing that it asks for. Of several stages it is the first whose code names it.
        """
        stages = {id(stage): (stage, set(kept)) for stage, kept, _, _ in silent}
        texts = {key: texts_in(stage.function) for key, (stage, _) in stages.items()}
        found: dict[int, list[str]] = {key: [] for key in stages}
        for name in unsaid:
            own = set(self.quantities[name].dims)
            able = [
                key
                for key, (stage, kept) in stages.items()
                if not kept & own and name not in self._asked.get(stage.name, ())
            ]
            named = [key for key in able if name in texts[key]]
            for key in named[:1] or able:
                found[key].append(name)
        return dict(found)

    def _miss(self, missed: Sequence[Missed], names: Collection[str]) -> None:
        """Note why quantities are missing where a stage gave up."""
        for stage, kept, index, why in missed:
            for name in names:
                column = self.found.get(name) or self._column(self.found, name, kept, stage)
                column.miss({d: n for d, n in index.items() if d in column.dims}, why)

    def _keep(
        self,
        name: str,
        value: Any,
        stage: Stage,
        kept: tuple[str, ...],
        index: dict[str, int],
        at: At,
    ) -> None:
        column = self._column(self.found, name, kept, stage)
        place = self._place(column, index, at)
        if value is None or isinstance(value, Missing):
            column.miss(place, self._why(at, value) if value else "no estimate")
            return
        column.put(place, value, name, stage.name)

    def _expect(self, stages: Sequence[Stage]) -> None:
        silent: list[Missed] = []
        for stage in stages:
            returned: set[str] = set()
            missed: list[Missed] = []
            for name, value, kept, index, at in self._said(stage, "expect", missed):
                if value is not None:
                    with told_of(stage.function):
                        self._keep_theory(name, value, stage, kept, index, at)
                    returned.add(name)
            for _, _, index, why in missed:
                for name in returned & set(self.theory):
                    self._miss_theory(name, index, why)
            if missed and not returned:
                self.notes.append(f"{stage.name} could not say what is expected: {missed[0][3]}.")
                silent += missed
        unsaid = [n for n, one in self.quantities.items() if one.source and n not in self.theory]
        possible = self._possible(unsaid, silent)
        for stage, kept, index, why in silent:
            for name in possible[id(stage)]:
                for store in (self.theory, self.left_out, self.compared):
                    self._theory_column(store, name, kept, stage)
                self._miss_theory(name, index, why)

    def _miss_theory(self, name: str, index: dict[str, int], why: str) -> None:
        """Note that nothing can be expected at a place, so that its rows fail."""
        place: Place = {d: n for d, n in index.items() if d in self.theory[name].dims}
        self.theory[name].miss(place, why)
        self.compared[name].fill(place, 1.0)

    def _keep_theory(
        self,
        name: str,
        value: Any,
        stage: Stage,
        kept: tuple[str, ...],
        index: dict[str, int],
        at: At,
    ) -> None:
        given = value if isinstance(value, Expected) else Expected(value)
        if name in self.quantities and not self.quantities[name].source:
            raise InputError(without_source(stage, name))
        if name in self.found and (lost := [d for d in kept if d not in self.found[name].dims]):
            raise InputError(
                f"{stage.name} says what {name} should be at each {lost[0]}, but it was measured for "
                f"all of them at once: mark the stage with qt.together({lost[0]!r})"
            )
        for store, part in (
            (self.theory, given.value),
            (self.left_out, given.left_out),
            (self.compared, _condition(given.where, name, stage.name)),
        ):
            column = self._theory_column(store, name, kept, stage)
            column.put(self._place(column, index, at), part, name, stage.name)
        self.compared[name].explain(self._place(self.compared[name], index, at), given.why)

    def _theory_column(
        self, store: dict[str, Column], name: str, kept: tuple[str, ...], stage: Stage
    ) -> Column:
        """Return the column of a theory, which has the dimensions of what was measured."""
        if name in self.found and name not in store:
            measured = self.found[name]
            store[name] = Column(measured.dims, measured.values.shape)
        return self._column(store, name, kept, stage)

    def _column(
        self, store: dict[str, Column], name: str, kept: tuple[str, ...], stage: Stage
    ) -> Column:
        if name not in self.quantities:
            raise InputError(
                f"{stage.name} returned {name!r}, which is not declared; add "
                f"qt.Quantity({name!r}, …) to the quantities, or do not return it"
            )
        if name in store:
            return store[name]
        own = self.quantities[name].dims
        if twice := [d for d in own if d in kept]:
            raise InputError(one_at_a_time(stage, name, twice[0]))
        for d in own:
            if d not in self.own and d not in self.swept.ds.dims:
                raise InputError(
                    f"{name} has the dimension {d}, which is neither an axis of this sweep nor "
                    "declared in the workflow's `dimensions`"
                )
        dims = (*kept, *own)
        store[name] = Column(dims, tuple(map(self.size, dims)))
        return store[name]

    def _place(self, column: Column, index: Mapping[str, int], at: At) -> Place:
        place: Place = {d: n for d, n in index.items() if d in column.dims}
        if "length" in column.dims and at._lengths is not None:
            place["length"] = at._lengths
        return place

    def _said(
        self, stage: Stage, role: str, missed: list[Missed]
    ) -> Iterator[tuple[str, Any, tuple[str, ...], dict[str, int], At]]:
        """Yield each quantity that a stage returns, with where; add to `missed` where it gives up."""
        with told_of(stage.function):
            for kept, index, at in self._points(stage, role):
                try:
                    found = stage(at)
                except Missing as reason:
                    missed.append((stage, kept, index, self._why(at, reason)))
                    continue
                except Exception as error:
                    hint_at_together(error, stage, kept)
                    raise
                for name, value in _named(found, stage, role).items():
                    yield name, value, kept, index, at

    def _why(self, at: At, reason: Missing) -> str:
        """Return why there is no number; for one that lacks others, which these are, and why."""
        told = []
        asked = self._asked.get(at._stage, ()) if isinstance(reason, MissingNumbers) else ()
        for name in (one for one in asked if one in self.found):
            column = self.found[name]
            place = tuple(at._index.get(d, slice(None)) for d in column.dims)
            dims = [d for d in column.dims if d not in at._index]
            asked_for, known = column.asked[place], np.isfinite(column.values[place])
            whys = np.where(asked_for, column.reasons[place], NOT_COMPUTED)
            for why in dict.fromkeys(np.asarray(whys[~known]).tolist()):
                mask = np.asarray(~known & (whys == why))
                where = named_places(self, dims, mask, known, known.size) if dims else ""
                words = f"{name} is missing" + (f" at {where}" if where else "")
                told.append(f"{words}: {why}" if why else words)
        return f"{reason} ({'; '.join(told)})" if told else str(reason)

    def _points(
        self, stage: Stage, role: str
    ) -> Iterator[tuple[tuple[str, ...], dict[str, int], At]]:
        """Yield where a stage is called: the axes that its results have, its places, what it sees."""
        axes = self.swept.axes
        fixed = {
            axis: self.swept.fixed_place(axis, value, stage.name)
            for axis, value in stage.fixed.items()
        }
        held = tuple(a for a in axes if a not in fixed) if stage.held is None else stage.held
        for axis in held:
            if axis not in axes:
                raise InputError(
                    f"{stage.name} holds {axis!r}, which is no axis of the sweep; its axes are "
                    f"{', '.join(axes) or 'none'}"
                )
        kept = tuple(axis for axis in axes if axis not in held and axis not in fixed)
        few, fewest = 0, 0
        for number in np.ndindex(*(self.swept.size(axis) for axis in kept)):
            index = dict(zip(kept, number, strict=True)) | fixed
            at = At(
                self.swept,
                index,
                held,
                stage.name,
                self._earlier,
                sees_samples=role == "measure",
            )
            if not at.realizations:
                continue
            there = tuple(index.get(axis, slice(None)) for axis in axes)
            is_random = self.swept.wanted[there].max() > 1
            needed = fewest_for(self._fewest, 0 if at._lengths is None else len(at._lengths))
            if is_random and at.realizations < needed:
                few, fewest = few + 1, max(fewest, needed)
                continue
            yield kept, index, at
        if few and role == "measure":
            self.notes.append(
                f"{stage.name} leaves out {counted(few, 'points')} with fewer than {fewest} "
                "finished realizations."
            )


def _named(found: Any, stage: Stage, role: str) -> Mapping[str, Any]:
    """Return what a stage returned, which is a mapping or nothing."""
    if found is None:
        return {}
    if not isinstance(found, Mapping):
        raise InputError(
            f"{stage.name}, a stage of `{role}`, must return a dict of quantities by name, got "
            f"{type(found).__name__}"
        )
    return found


def _condition(where: Any, name: str, stage: str) -> Array:
    """Return where a quantity is compared, as numbers: 1 there and 0 elsewhere."""
    given = np.asarray(where)
    if given.dtype.kind not in "biuf" or not np.isfinite(given).all():
        raise InputError(
            f"{stage} says where {name} is compared by {brief(where)}: where=… of qt.Expected is true "
            "or false, or an array of these"
        )
    return given.astype(np.float64)
