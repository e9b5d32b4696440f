"""Closed samples of a wire, one after the other, as the Chebyshev recursion takes them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from qtcore.errors import InputError
from qtcore.lanes import LANES
from qtcore.model.checks import truth
from qtcore.model.wire import Wire
from qtcore.room import refuse_more_than_memory
from qtcore.solve.absent import absent_sites, without
from qtcore.solve.arguments import checked_wire
from qtcore.solve.bounds import interval_of
from qtcore.solve.chebyshev import (
    Interval,
    Recursion,
    checked_bounds,
    room_for,
)
from qtcore.solve.closed_frame import LANE_BYTES, Frame, SparseFrame, WireFrame
from qtcore.solve.ensemble import Ensemble
from qtcore.solve.sample import HoppingOf, addressed

_AT_ONCE = 2**28
"""Bytes of on-site values that are made at once; eight realizations share the making."""


class LaneSample:
    """One closed sample.

    Attributes
    ----------
    realization : int
        Its number.
    frame : Frame
        H but for its diagonal.
    onsite : (D,) float array
        The diagonal, units of t.
    absent : (D,) bool array or None
        Rows that stand for vacancies and walls; see `absent`.
    """

    def __init__(
        self, ensemble: "ClosedEnsemble", realization: int, onsite: NDArray[np.float64]
    ) -> None:
        self._ensemble = ensemble
        self.realization = realization
        self._hopping = ensemble.hopping_of(realization)
        self.frame: Frame = ensemble.frame_of(self._hopping)
        self.onsite = self.frame.diagonal + onsite
        self.absent = absent_sites(self.onsite, self.frame.reach)
        if self.absent is not None:
            self._left = without(self._whole(), self.absent)
            self.frame = SparseFrame(self._left)
            self.onsite = self.frame.diagonal

    def H(self) -> Any:
        """Return the sparse H, (D, D), units of t; absent sites have no bonds."""
        return self._whole() if self.absent is None else self._left

    def _whole(self) -> Any:
        bare = self._ensemble.wire_frame.matrix(self._hopping)
        return bare + sparse.diags_array(self.onsite - bare.diagonal().real)

    @property
    def orbitals(self) -> int:
        """Rows of H that are there."""
        gone = 0 if self.absent is None else int(self.absent.sum())
        return self.frame.size - gone

    def cut(self, vectors: NDArray[Any]) -> NDArray[Any]:
        """Return vectors, (D, vector), that vanish where nothing is."""
        return vectors if self.absent is None else np.where(self.absent[:, None], 0.0, vectors)

    @property
    def interval(self) -> Interval:
        """Where the spectrum lies."""
        return interval_of(self.frame, self.onsite, self._ensemble.bounds, self.H)

    @property
    def recursion(self) -> Recursion:
        """The polynomials of H."""
        return Recursion(self.frame, self.onsite, self.interval)


class ClosedEnsemble:
    """Closed samples of one length of a wire.

    Parameters
    ----------
    wire : Wire
        The wire.
    length : int
        Slices.
    realizations, seed
        As in `scattering`, but every realization once: errors come from the scatter of different ones.
    periodic : bool
        Whether the last slice is coupled to the first.
    bounds : (float, float) or None
        Bounds of every spectrum, units of t; safe ones of each sample unless given.

    Raises
    ------
    InputError
        If an argument is wrong, a realization is repeated, or the ring is too short.
    """

    def __init__(
        self,
        wire: Wire,
        length: int,
        realizations: Sequence[int],
        seed: int,
        periodic: bool,
        bounds: Any = None,
    ) -> None:
        self.ensemble = Ensemble([length], realizations, seed)
        _refuse_repeated(self.ensemble.realizations)
        self.wire, self.length = checked_wire(wire, junction=True), self.ensemble.longest
        wire.check_length(self.length)
        self.periodic = truth("periodic", periodic)
        if self.periodic and self.length < 3:
            raise InputError(f"a periodic sample needs at least 3 slices, got {self.length}")
        self.bounds = checked_bounds(bounds)
        self.wire_frame = WireFrame(wire, self.length, self.periodic)
        self.size = self.length * len(wire.slices().h)

    def refuse_more_than_memory(self, arrays: int, what: str, more: int = 0) -> None:
        """Raise InputError if some arrays of the recursion and more bytes are not available."""
        words = f"{what} of {self.size:,} orbitals", "take fewer of them or a smaller sample"
        # A frame is large itself: what the arrays need at least is held against the memory first.
        refuse_more_than_memory(arrays * self.size * LANE_BYTES + more, *words)
        frame = self.frame_of(self.hopping_of(self.ensemble.realizations[0]))
        refuse_more_than_memory(room_for(frame, arrays) + more, *words)

    def hopping_of(self, realization: int) -> HoppingOf | None:
        """Return the random hopping of a sample, or None if all samples have the same."""
        numbers = np.array([realization], dtype=np.uint64)
        return addressed(self.wire, numbers, self.ensemble.seed)[1]

    def frame_of(self, hopping: HoppingOf | None) -> Frame:
        """Return H but for its diagonal."""
        return self.wire_frame.of(hopping)

    def onsite(self, realizations: Sequence[int]) -> NDArray[np.float64]:
        """Return disorder and gates of samples per component, (D, realization), units of t.

        Raises
        ------
        InputError
            If a value is not finite.
        """
        numbers = np.array(realizations, dtype=np.uint64)
        values = self.wire.potential_of(numbers, 0, self.length, self.ensemble.seed)
        if not np.isfinite(values).all():
            raise InputError("the potential must be finite everywhere (units of t)")
        each = np.repeat(values, self.wire.slices().orbitals, axis=1)
        return each.reshape(self.size, len(numbers))

    def __iter__(self) -> Iterator[LaneSample]:
        """Yield the samples in the order in which they were asked for."""
        together = max(1, min(LANES, _AT_ONCE // (8 * self.size)))
        asked = self.ensemble.realizations
        for first in range(0, len(asked), together):
            some = asked[first : first + together]
            values = self.onsite(some)
            for k, realization in enumerate(some):
                yield LaneSample(self, realization, np.ascontiguousarray(values[:, k]))


def _refuse_repeated(realizations: Sequence[int]) -> None:
    number, times = Counter(realizations).most_common(1)[0]
    if times > 1:
        raise InputError(
            f"realizations must differ, and {number} is there {times} times: a mean of equal samples would "
            "have an error that is too small; ask for each once, such as range(10)"
        )
