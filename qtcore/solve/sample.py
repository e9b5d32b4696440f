"""The slices of an ensemble of samples, one after the other, so that no length fills the memory."""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.model.hopping import Entries, Hopping
from qtcore.model.slices import Slices
from qtcore.model.wire import Wire
from qtcore.solve.peeling import interface
from qtcore.solve.pencil import Matrix, factors

PotentialOf = Callable[[int, int], NDArray[np.float64]]
"""(first slice, number of slices) -> on-site values (slice, site, realization), units of t."""

HoppingOf = Callable[[int, int], Hopping]
"""(first slice, number of slices) -> h_n and v_n of these slices."""

_CHUNK = 2**16
"""Numbers of a chunk of slices (on-site values, entries of h_n and v_n): up to 1 MB."""


class Step(NamedTuple):
    """Coupling v_n = A B^+ of a slice to the next, as thin as its rank.

    Attributes
    ----------
    A : (1 or realization, M, r) complex array
        Units of t.
    B : (M', r) complex array or None
        None stands for 1.
    """

    A: Matrix
    B: Matrix | None

    def back(self, wave: Matrix) -> Matrix:
        """Return v_n^+ wave on the next slice, for a wave (realization, M, K) on this one."""
        passed = self.A.conj().swapaxes(1, 2) @ wave
        return passed if self.B is None else self.B @ passed

    def ahead(self, rows: Matrix) -> Matrix:
        """Return rows B^+, (realization, K, M'), for rows (realization, K, r)."""
        return rows if self.B is None else rows @ self.B.conj().T


class SampleSlice(NamedTuple):
    """One slice of an ensemble.

    Attributes
    ----------
    H : (realization, M, M) complex array
        H inside the slice, potential included, units of t.
    step : Step
        Coupling to the next slice.
    """

    H: Matrix
    step: Step


def sample_slices(
    slices: Slices,
    length: int,
    potential: NDArray[np.float64] | PotentialOf,
    hopping: HoppingOf | None = None,
) -> Iterator[SampleSlice]:
    """Yield the slices of an ensemble of wires; no more than a chunk of them is in memory.

    Parameters
    ----------
    slices : Slices
        The clean wire.
    length : int
        Number of slices.
    potential : (slice, site, realization) float array or function
        Disorder and gates, units of t: of at least `length` slices, or a function of (first slice,
        number of slices) that returns those.
    hopping : function, optional
        What takes the place of h and v; see `Wire.hopping_of`.

    Raises
    ------
    InputError
        If the potential does not fit the wire or is not finite.
    """
    if callable(potential):
        potential_of = potential
    else:
        # Checked as a whole, before anything is computed.
        given = np.asarray(potential)
        checked_potential(slices, length, given)

        def potential_of(first: int, count: int) -> NDArray[np.float64]:
            return given[first : first + count]

    M = len(slices.h)
    clean, sites = Step(*_thin(slices.v)), np.arange(M)
    done, count = 0, 1
    while done < length:
        count = min(count, length - done)
        values = checked_potential(slices, count, potential_of(done, count))
        R = values.shape[1]
        here = hopping(done, count) if hopping else None
        for n in range(count):
            H: Matrix
            if here is None:
                H, step = np.tile(slices.h, (R, 1, 1)), clean
            else:
                H, step = _one(here.inside, n, M), Step(_one(here.ahead, n, M), None)
            H[:, sites, sites] += values[n]
            yield SampleSlice(H, step)
        done += count
        entries = M + (0 if here is None else len(here.inside.rows) + len(here.ahead.rows))
        count = max(1, _CHUNK // (R * entries))


def in_units(
    potential: NDArray[np.float64] | PotentialOf, hopping: HoppingOf | None, unit: float
) -> tuple[NDArray[np.float64] | PotentialOf, HoppingOf | None]:
    """Return potential and hopping in units of `unit`, which is in units of t."""

    def scaled_potential(first: int, count: int) -> NDArray[np.float64]:
        assert callable(potential)
        return np.asarray(potential(first, count)) / unit

    def scaled_hopping(first: int, count: int) -> Hopping:
        assert hopping is not None
        return hopping(first, count).in_units(unit)

    return (
        scaled_potential if callable(potential) else np.asarray(potential) / unit,
        scaled_hopping if hopping else None,
    )


def addressed(
    wire: Wire, realizations: NDArray[np.uint64], seed: int
) -> tuple[PotentialOf, HoppingOf | None]:
    """Return potential and hopping of samples of a wire as functions of (first slice, slices)."""

    def potential(first: int, count: int) -> NDArray[np.float64]:
        return wire.potential_of(realizations, first, count, seed)

    def hopping(first: int, count: int) -> Hopping:
        return wire.hopping_of(realizations, first, count, seed)

    return potential, hopping if wire.random_hopping else None


def _thin(v: Matrix) -> tuple[Matrix, Matrix | None]:
    """Return factors of a coupling, (1, M, r) and (M, r), or the coupling itself at full rank."""
    A, B = factors(v)
    if A.shape[1] == len(v):
        return v[None], None
    if (A @ B.conj().T)[v == 0].any():
        # Rounding errors of singular vectors are bonds of 1e-16 between sites that have none. Where
        # vacancies block all other ways, they carry more than those.
        A, B = interface(v)
    return A[None], B


def _one(entries: Entries, n: int, M: int) -> Matrix:
    """Return the matrices of one slice out of several, (realization, M, M)."""
    one = Entries(entries.rows, entries.columns, entries.values[n : n + 1])
    return np.asarray(one.dense(M)[0])


def checked_potential(
    slices: Slices, count: int, potential: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return the potential per component, (slice, realization, M), or raise InputError."""
    values = np.asarray(potential, dtype=np.float64)
    if values.ndim != 3 or len(values) < count or values.shape[1] != slices.sites:
        raise InputError(
            f"the potential must be (slice, site, realization) with at least {count} slices of "
            f"{slices.sites} sites, got shape {values.shape}"
        )
    if not np.isfinite(values[:count]).all():
        raise InputError("the potential must be finite everywhere (units of t)")
    return np.repeat(values[:count].swapaxes(1, 2), slices.orbitals, axis=2)
