"""What reads waves off a slice that they leave through: the dual basis."""

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from qtcore.errors import QtcoreError
from qtcore.solve.energies import shift_by
from qtcore.solve.pencil import Matrix

_BOUND = 1e-14
"""Reciprocal condition of a lead's waves below which some of them vanish on a slice."""

_NEARLY = 1e-4
"""The same, below which a self-energy loses digits."""


def dual(here: Matrix, behind: Matrix, hopping: float = 1.0) -> Matrix:
    """Return Y^-1 (the pseudo-inverse) of waves Y that leave through a slice, a column each.

    Parameters
    ----------
    here, behind : (M, rank) complex arrays
        The waves on this slice, Y, and on the next one of the lead.
    hopping : float
        Size of the lead's coupling, units of t, which the message of an error counts in.

    Raises
    ------
    QtcoreError
        If some of the waves vanish on the slice.
    """
    Q, R, size, reciprocal = _columns(here, behind)
    if not reciprocal > _BOUND:
        # A wave that vanishes there, such as at the Dirac point of an armchair ribbon, is a state
        # bound to the end of the lead: its self-energy has a pole.
        raise QtcoreError(
            "the end of a lead has a bound state within rounding errors of this energy; shift the "
            f"energy by {shift_by(hopping)}"
        )
    inverse = scipy.linalg.solve_triangular(R, Q.conj().T)
    return np.asarray(inverse / size[:, None])


def nearly_vanish(here: Matrix, behind: Matrix) -> bool:
    """Return whether some waves nearly vanish on a slice; see `dual`."""
    return not _columns(here, behind)[3] > _NEARLY


def _columns(here: Matrix, behind: Matrix) -> tuple[Matrix, Matrix, NDArray[np.float64], float]:
    """Return Q, R of normalised waves, their norms, and the reciprocal condition of R."""
    # A wave of small velocity has a large amplitude on both slices.
    size = np.hypot(np.linalg.norm(here, axis=0), np.linalg.norm(behind, axis=0))
    Q, R = np.linalg.qr(here / size)
    reciprocal, _ = scipy.linalg.lapack.ztrcon(R.astype(np.complex128))
    return Q, R, size, float(reciprocal)
