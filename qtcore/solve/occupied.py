"""All levels and states of closed samples, those below the Fermi energy apart from the others."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from qtcore.errors import InputError
from qtcore.room import refuse_more_than_memory
from qtcore.solve.closed_ensemble import ClosedEnsemble, LaneSample
from qtcore.solve.exact import LARGEST_DENSE

_COPIES = 6
"""Matrices of the size of H that LAPACK holds while it finds all states: H, the states, its work."""


class Spectrum(NamedTuple):
    """All levels of a sample.

    Attributes
    ----------
    levels : (level,) float array
        Ascending, units of t.
    states : (D', level) array
        Orthonormal columns, on the components that are there.
    rows : (D',) int array
        Numbers of these components among all of the sample.
    filled : int
        How many levels lie below the Fermi energy.
    gap : float
        Distance of the nearest level from the Fermi energy, units of t.
    """

    levels: NDArray[np.float64]
    states: NDArray[Any]
    rows: NDArray[np.intp]
    filled: int
    gap: float

    @property
    def occupied(self) -> NDArray[Any]:
        """States below the Fermi energy, (D', filled)."""
        return self.states[:, : self.filled]


def spectra(ensemble: ClosedEnsemble, energy: float, more: int = 0) -> Iterator[Spectrum]:
    """Yield the spectra of the samples; nothing is computed before what they need is known to be there.

    Parameters
    ----------
    ensemble : ClosedEnsemble
        The samples.
    energy : float
        Fermi energy, units of t.
    more : int
        Matrices of the size of H that are needed besides.

    Raises
    ------
    InputError
        If the samples are too large to be solved as a whole, or the memory does not suffice.
    """
    refuse_too_large(ensemble.size, more)
    return (spectrum_of(sample, energy) for sample in ensemble)


def refuse_too_large(size: int, more: int) -> None:
    """Raise InputError if all states of a sample of `size` orbitals are too much to ask for."""
    if size > LARGEST_DENSE:
        raise InputError(
            f"a sample of {size:,} orbitals is too large for all of its states (at most "
            f"{LARGEST_DENSE:,}); take a smaller sample"
        )
    refuse_more_than_memory(
        16 * (_COPIES + more) * size**2,
        f"all states of {size:,} orbitals",
        "take a smaller sample",
    )


def spectrum_of(sample: LaneSample, energy: float) -> Spectrum:
    """Return all levels of one sample, without the sites that are not there."""
    H = np.asarray(sample.H().toarray())
    rows = np.arange(len(H))
    if sample.absent is not None:
        rows = np.flatnonzero(~sample.absent)
        H = H[np.ix_(rows, rows)]
    levels, states = scipy.linalg.eigh(H)
    filled = int(np.searchsorted(levels, energy))
    return Spectrum(levels, states, rows, filled, float(np.abs(levels - energy).min()))
