"""What a stage sees of a sweep."""

from collections.abc import Callable, Mapping
from difflib import get_close_matches
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.estimate.estimate import Estimate
from qtcore.results.samples import Place
from qtcore.results.swept import Swept

OWN = ("grid", "point", "where")
"""What a stage's argument has besides the names of a sweep; no axis or constant may have them."""


class At:
    """What a stage sees: `at.width`, `at.ln_g`, `at["mean_free_path"]`.

    Axes and constants have their names: one value of an axis, or (value,) if the stage holds it as
    a whole. `at.length` are the lengths that are computed here (slices), `at.realizations` counts
    the realizations that are finished, `at.seed` is the ensemble's.

    Samples have the names of what is stored: (realization, *held axes in the order of the mark,
    *own dimensions), of the lengths that are computed here. NaN is what was not computed. Leave a
    realization out by setting it to NaN, not by selecting others: estimates pair realizations by
    their row. Stages of `expect` see no samples.

    `at["name"]` is an earlier quantity as an Estimate: (*held axes, *other dimensions).
    """

    def __init__(
        self,
        swept: Swept,
        index: Mapping[str, int],
        held: tuple[str, ...],
        stage: str,
        earlier: Callable[["At", str], Estimate],
        *,
        sees_samples: bool,
    ) -> None:
        self._swept, self._index, self._held, self._stage = swept, dict(index), held, stage
        self._earlier, self._sees_samples = earlier, sees_samples
        self._lengths = swept.lengths_at(index)
        self._loaded: dict[str, NDArray[Any]] = {}

    def __getattr__(self, name: str) -> Any:
        """Return an axis, a constant, samples or a coordinate by name."""
        if name.startswith("_"):
            raise AttributeError(name)
        swept, ds = self._swept, self._swept.ds
        if name in swept.axes:
            values = swept.values(name)
            return values[self._index[name]].item() if name in self._index else values
        if name in ds.data_vars:
            return self._samples(name)
        if name in swept.constants:
            return swept.constants[name]
        if name == "length" and self._lengths is not None:
            return swept.values("length")[self._lengths]
        if name == "realizations":
            index = tuple(self._index.get(axis, slice(None)) for axis in swept.axes)
            return int(np.max(swept.finished[index]))
        if name == "seed":
            return swept.seed
        if name in ds.coords:
            return swept.beside(name, self._index, self._held)
        known = [*swept.axes, *swept.constants, *map(str, ds.data_vars)]
        near = get_close_matches(name, known, n=1)
        hint = f"; did you mean {near[0]}" if near else ""
        raise AttributeError(f"this sweep has no {name}{hint}; it has {', '.join(known)}")

    def _samples(self, name: str) -> NDArray[Any]:
        if not self._sees_samples:
            raise InputError(
                f"{self._stage} asks for the samples {name}, which theory does not see: make a "
                f'quantity of them in a stage of `measure`, and take it as at["…"]'
            )
        if name not in self._loaded:
            found = self._swept.samples(name, self._index, self._held, self._lengths)
            found.flags.writeable = False
            self._loaded[name] = found
        return self._loaded[name]

    def __getitem__(self, name: str) -> Estimate:
        """Return an earlier quantity, (*held axes that it has, *its other dimensions).

        Raises
        ------
        Missing
            If no stage could say it here.
        InputError
            If it is not declared.
        """
        return self._earlier(self, name)

    def where(self, axis: str, value: float) -> Place:
        """Return the place of a value on an axis that the stage holds, an integer.

        Samples refuse it as a place on another axis: those that a stage finds are (realization,
        *held axes, …), so that of one held axis `samples[:, place]` has this value, and
        `samples - samples[:, [place]]` subtracts it, realization by realization. A quantity,
        `at["name"]`, has no realizations in front: `at["name"][place]`.

        Raises
        ------
        InputError
            If the stage does not hold the axis, or the axis has no such value.
        """
        self._refuse_unless_held(axis)
        return self._swept.place(axis, value)

    def grid(self, *axes: str) -> list[NDArray[Any]]:
        """Return the values of axes that the stage holds, each over all of them."""
        for axis in axes:
            self._refuse_unless_held(axis)
        return list(np.meshgrid(*(self._swept.values(axis) for axis in axes), indexing="ij"))

    def point(self, **chosen: float) -> SimpleNamespace:
        """Return axes and constants as `wire` finds them.

        Parameters
        ----------
        **chosen : float
            Values of the axes that the stage holds; other axes have their value here.

        Raises
        ------
        InputError
            If an axis that the stage holds has no value, or a name is no axis.
        """
        swept = self._swept
        if unknown := [name for name in chosen if name not in swept.axes]:
            raise InputError(
                f"{unknown[0]} is no axis of the sweep; its axes are {', '.join(swept.axes)}"
            )
        here = {axis: swept.values(axis)[n].item() for axis, n in self._index.items()}
        if lost := [axis for axis in swept.axes if axis not in here and axis not in chosen]:
            raise InputError(
                f"{self._stage} holds {lost[0]} as a whole, so that a point needs a value of it: "
                f"at.point({lost[0]}=…)"
            )
        places = {a: swept.place(a, v) for a, v in chosen.items() if swept.has_cases(a)}
        cases = swept.parameters_at({**self._index, **places})
        values = {**swept.constants, **here, **chosen, **cases}
        if self._lengths is not None:
            values["lengths"] = tuple(swept.values("length")[self._lengths].tolist())
        if swept.has_one_seed:
            values["seed"] = swept.seed
        return SimpleNamespace(**values)

    def _refuse_unless_held(self, axis: str) -> None:
        if axis not in self._held:
            raise InputError(
                f"{self._stage} does not hold {axis!r} as a whole; it holds "
                f"{', '.join(self._held) or 'no axis'} (see qtcore.together)"
            )
