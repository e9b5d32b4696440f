"""Scattering matrices of an ensemble, with the logarithms of their scales."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtcore.shown import ShownFields
from qtcore.solve.pencil import Matrix

RESOLVED = 1e-3
"""Largest relative error of a transmission eigenvalue that is given as a number."""

_ROUNDING = 2.0**-48
"""Error of t, relative to its largest singular value, that an amplification of one stands for."""


@dataclass(frozen=True, eq=False, repr=False)
class SMatrices(ShownFields):
    """Scattering matrices of an ensemble at one length; indices (outgoing, incoming) modes.

    N' modes are open in the left lead, N in the right one; in a wire the two are alike. What is
    summed up (`g`, `reflection`, ...) is for waves that come from the left: t' and r'. For those
    from the right ask `turned`.

    Amplitudes of the modes are taken at two reference planes. The left one is the last slice of the
    left lead, number -1, and the right one is the last slice of the sample, number L - 1, with the
    right lead's modes continued to it. So a clean wire has t = lambda^L, lambda the factor per slice.
    The planes of `observe.wigner_smith` are the first and the last slice of the sample. Between
    equal leads (1 / 2 pi) d arg det S / dE therefore exceeds `observe.density_of_states` by one
    slice of clean lead, sum_n |dk_n/dE| / pi over the open modes. Of leads of another lattice one slice
    counts to the sample: the planes are the slices -2 and L, and it exceeds by three slices of lead.

    Attributes
    ----------
    t : (realization, N', N) complex array
        Transmission from right to left, to be multiplied by exp(log_scale).
    r : (realization, N, N) complex array
        Reflection back into the right lead.
    t_prime : (realization, N, N') complex array
        Transmission from left to right, to be multiplied by exp(log_scale_prime).
    r_prime : (realization, N', N') complex array
        Reflection back into the left lead.
    log_scale, log_scale_prime : (realization,) float arrays
        Natural logarithms of the scales of t and t'.
    amplification : (realization,) float array
        The factors by which rounding errors were amplified, added in quadrature.
    doubt : (realization,) float array
        Largest factor by which a small change of the sample may be amplified; see `doubt`.
    """

    t: Matrix
    r: Matrix
    t_prime: Matrix
    r_prime: Matrix
    log_scale: NDArray[np.float64]
    log_scale_prime: NDArray[np.float64]
    amplification: NDArray[np.float64]
    doubt: NDArray[np.float64]

    @property
    def ln_g(self) -> NDArray[np.float64]:
        """Logarithm of g = sum_n T_n for waves from the left, (realization,); -inf if nothing passes."""
        g: NDArray[np.float64] = (np.abs(self.t_prime) ** 2).sum(axis=(1, 2))
        with np.errstate(divide="ignore"):
            return np.log(g) + 2 * self.log_scale_prime

    @property
    def g(self) -> NDArray[np.float64]:
        """Conductance g = sum_n T_n for waves from the left, (realization,), e²/h."""
        return np.exp(self.ln_g)

    @property
    def ln_eigenvalues(self) -> NDArray[np.float64]:
        """Logarithms of the T_n of t'^+ t', waves from the left, (realization, min(N', N)).

        NaN where t' does not hold T_n to 1e-3; see the function of this name.
        """
        return ln_eigenvalues(self.t_prime, self.log_scale_prime, self.amplification)

    @property
    def reflection(self) -> NDArray[np.float64]:
        """Total reflection sum_n R_n of waves from the left, (realization,)."""
        total: NDArray[np.float64] = (np.abs(self.r_prime) ** 2).sum(axis=(1, 2))
        return total

    @property
    def turned(self) -> "SMatrices":
        """The same with left and right exchanged: its g and reflection are for waves from the right."""
        return SMatrices(
            t=self.t_prime,
            r=self.r_prime,
            t_prime=self.t,
            r_prime=self.r,
            log_scale=self.log_scale_prime,
            log_scale_prime=self.log_scale,
            amplification=self.amplification,
            doubt=self.doubt,
        )

    @property
    def defect(self) -> NDArray[np.float64]:
        """Largest element of S^+ S - 1, (realization,): the rounding error of a coherent wire."""
        S = self.matrix()
        excess = S.conj().swapaxes(1, 2) @ S - np.eye(S.shape[1])
        largest: NDArray[np.float64] = np.abs(excess).max(axis=(1, 2))
        return largest

    def matrix(self) -> Matrix:
        """Return S, (realization, N' + N, N' + N): the left lead's modes first."""
        t = self.t * np.exp(self.log_scale)[:, None, None]
        t_prime = self.t_prime * np.exp(self.log_scale_prime)[:, None, None]
        left, right = np.concatenate([self.r_prime, t], 2), np.concatenate([t_prime, self.r], 2)
        return np.concatenate([left, right], axis=1)


def ln_eigenvalues(
    t: NDArray[np.complexfloating],
    log_scale: NDArray[np.float64],
    amplification: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return ln T_n of t^+ t, (..., min(N', N)), the largest first; NaN where they are too small.

    Elements of t have errors of 2^-48 A of the largest singular value, A the amplification. The
    relative error of T_n is at most 2^-47 A (T_1 / T_n)^(1/2): where that exceeds 1e-3, which is
    below about exp(-50) T_1 / A², T_n is not in t. The transfer solver knows them all
    (`ln_transmission_eigenvalues`). Where nothing passes at all, every one is -inf.

    Parameters
    ----------
    t : (..., N', N) complex array
        Transmission amplitudes, to be multiplied by exp(log_scale).
    log_scale : (...) float array
        Natural logarithm of the scale of t.
    amplification : (...) float array
        The factors by which rounding errors were amplified, added in quadrature.
    """
    values = np.linalg.svd(t, compute_uv=False)
    error = 2 * _ROUNDING * np.maximum(amplification, 1.0)[..., None] * values[..., :1]
    with np.errstate(divide="ignore"):
        found = 2 * (np.log(values) + log_scale[..., None])
    return np.where(error <= RESOLVED * values, found, np.nan)
