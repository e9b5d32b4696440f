"""delta(E - H) as a damped series of Chebyshev polynomials, and what is made of it.

The Jackson kernel makes every level a Gaussian, the Lorentz kernel a Lorentzian; how wide they are,
`width` says. Weisse et al., Rev. Mod. Phys. 78, 275 (2006).
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, brief
from qtcore.lanes import LANES
from qtcore.model.checks import finite_number, whole_number
from qtcore.solve.arguments import refuse_what_is_not_finite
from qtcore.solve.chebyshev import Interval

KERNELS = ("jackson", "lorentz")

LORENTZ = 4.0
"""Parameter lambda of the Lorentz kernel: its damping of the last moment is 1 / sinh(lambda)."""


@dataclass(frozen=True, eq=False)
class Estimate:
    """A quantity at every energy, with its standard error.

    Attributes
    ----------
    energies, values, errors : (..., energy) float arrays
        Energies in units of t; units of the values as said by who returns this.
    width : float
        Energy resolution at the band centre, units of t: standard deviation of the Gaussian that
        the Jackson kernel makes of a level, or half width at half maximum of the Lorentz kernel's.
    """

    energies: NDArray[np.float64]
    values: NDArray[np.float64]
    errors: NDArray[np.float64]
    width: float

    def __post_init__(self) -> None:
        refuse_what_is_not_finite("values and errors", self.values, self.errors)


@dataclass(frozen=True, eq=False)
class Curves:
    """A quantity of every realization at every energy.

    Attributes
    ----------
    energies : (energy,) float array
        Units of t.
    values : (realization, ..., energy) float array
        Units as said by who returns this.
    errors : array of the same shape
        Standard errors from the scatter of the random vectors; 0 where none are used.
    width : (realization,) float array
        Energy resolution at the band centre, units of t, as in `Estimate`.
    """

    energies: NDArray[np.float64]
    values: NDArray[np.float64]
    errors: NDArray[np.float64]
    width: NDArray[np.float64]

    def __post_init__(self) -> None:
        refuse_what_is_not_finite("values and errors", self.values, self.errors)

    @classmethod
    def gathered(
        cls, energies: NDArray[np.float64], found: Sequence[tuple[Any, Any, float]]
    ) -> Self:
        """Return the curves whose values, errors and resolution were found for each realization."""
        return cls(energies, *(np.array(part) for part in zip(*found, strict=True)))

    @property
    def mean(self) -> Estimate:
        """Mean over the realizations; its error is their scatter, which holds the vectors' too.

        Raises
        ------
        InputError
            If there is one realization only: it has no scatter.
        """
        R = len(self.values)
        if R < 2:
            raise InputError("a mean with an error needs at least 2 realizations, got 1")
        errors = self.values.std(axis=0, ddof=1) / math.sqrt(R)
        return Estimate(self.energies, self.values.mean(axis=0), errors, float(self.width.max()))


def jackson(moments: int) -> NDArray[np.float64]:
    """Return the factors that the Jackson kernel damps Chebyshev moments by, (moments,)."""
    n, step = np.arange(moments), math.pi / (moments + 1)
    falling = (moments - n + 1) * np.cos(step * n) + np.sin(step * n) / math.tan(step)
    return np.asarray(falling / (moments + 1))


def lorentz(moments: int) -> NDArray[np.float64]:
    """Return the factors of the Lorentz kernel with lambda = `LORENTZ`, (moments,)."""
    left = 1 - np.arange(moments) / moments
    return np.asarray(np.sinh(LORENTZ * left) / math.sinh(LORENTZ))


def checked_kernel(kernel: Any) -> str:
    """Return the name of a kernel, or raise InputError."""
    if not isinstance(kernel, str) or kernel not in KERNELS:
        raise InputError(f"kernel must be 'jackson' or 'lorentz', got {brief(kernel)}")
    return kernel


def checked_energies(energies: Sequence[float]) -> NDArray[np.float64]:
    """Return energies as an array (energy,), or raise InputError."""
    found = np.array(
        [finite_number("energy", one, "units of t") for one in np.atleast_1d(energies)]
    )
    if found.size == 0:
        raise InputError("energies is empty; give at least one (units of t)")
    return found


class Damping:
    """A kernel with its number of moments.

    Parameters
    ----------
    kernel : {"jackson", "lorentz"}
        Which.
    moments : int
        At least 2.
    """

    def __init__(self, kernel: str, moments: int) -> None:
        self.moments = whole_number("moments", moments, 2)
        self._is_jackson = checked_kernel(kernel) == "jackson"
        self._width = (math.pi if self._is_jackson else LORENTZ) / self.moments

    @cached_property
    def factors(self) -> NDArray[np.float64]:
        """What the moments are multiplied with, (moment,)."""
        return (jackson if self._is_jackson else lorentz)(self.moments)

    def bytes_for(self, energies: int, vectors: int) -> int:
        """Return the bytes of the moments of some vectors and the weights at some energies."""
        return 8 * self.moments * (4 * energies + 3 * vectors + 2 * LANES)

    def width(self, interval: Interval) -> float:
        """Return the energy resolution at the band centre, units of t."""
        return self._width * interval.half

    def delta(self, interval: Interval, energies: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the weights of delta(E - H) in T_n(H), (moment, energy), in 1/t.

        They are 0 at energies outside the interval, where there are no levels.
        """
        x = (energies - interval.center) / interval.half
        inside = np.abs(x) < 1
        x = np.where(inside, x, 0.0)
        n = np.arange(self.moments)
        weights = self.factors * np.where(n == 0, 1.0, 2.0)
        found = np.cos(n[:, None] * np.arccos(x)) * weights[:, None]
        return np.asarray(found * inside / (math.pi * interval.half * np.sqrt(1 - x**2)))


def random_vectors(
    size: int, is_complex: bool, address: Sequence[int], count: int
) -> Iterator[NDArray[Any]]:
    """Yield random vectors in groups of LANES, (size, LANES) or fewer in the last one.

    Elements are 1 and -1, or powers of i if they are complex. The vectors depend on their address
    (seed, realization, ...) and number only. The trace's variance has no part of the diagonal:
    it is 2 sum |A_ij|² over pairs i != j for real A, and half of that for complex vectors.
    """
    for first in range(0, count, LANES):
        # Raw output of the bit generator: NumPy promises it to stay the same for ever.
        source = np.random.PCG64(np.random.SeedSequence([*address, first // LANES]))
        words = source.random_raw(-(-size * (2 if is_complex else 1) // 8))
        bits = np.unpackbits(words.astype("<u8").view(np.uint8)).reshape(-1, LANES)
        signs = 1.0 - 2.0 * bits[:size, : count - first]
        if is_complex:
            turned = bits[size : 2 * size, : count - first]
            yield np.where(turned, 1j * signs, signs)
        else:
            yield signs


def of_vectors(samples: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return mean and standard error over random vectors, the first axis."""
    return samples.mean(axis=0), samples.std(axis=0, ddof=1) / math.sqrt(len(samples))


def checked_vectors(vectors: int) -> int:
    """Return the number of random vectors, or raise InputError unless it is 2 or more."""
    # One alone has no scatter, and the result no error.
    return whole_number("number of random vectors", vectors, 2)
