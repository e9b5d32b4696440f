"""The ladder of isotropic scatterings in two dimensions, of which diffusion is the long-wave limit.

An electron flies freely over distances with mean l_tr; K(q) = 1 / sqrt(1 + q² l_tr²) is the Fourier
transform of where the next scattering happens. The sum of all ladders is K / (1 - K), in place of
2 / (q l_tr)²: the eigenvalue q² of diffusion turns into (2 / l_tr²) (1/K - 1) = q² (1 - q² l_tr²/4
+ ...). What diffusion leaves out is of that size: relative corrections of order (l/L)², none of
order l/L once the leads are felt at the extrapolation length. See E. Akkermans and G. Montambaux,
Mesoscopic Physics of Electrons and Photons (2007), chapter 5.
"""

import numpy as np
from numpy.typing import NDArray

Real = NDArray[np.float64]


def flights(q_squared: Real, step: float) -> Real:
    """Return K(q) of flights with the mean l_tr = `step`; q² are eigenvalues of -∇²."""
    return np.asarray(1 / np.sqrt(1 + q_squared * step**2))


def ladder_levels(q_squared: Real, step: float) -> Real:
    """Return (2 / l_tr²) (1/K - 1), units of q²."""
    return np.asarray(2 / step**2 * (np.sqrt(1 + q_squared * step**2) - 1))


def ladder_levels_apart(q_squared: Real, step: float, energy: Real) -> NDArray[np.complex128]:
    """Return them for two electrons of different energies: q² - i dE/ħD if both are small.

    Parameters
    ----------
    q_squared : (level,) float array
        Eigenvalues of -∇².
    step : float
        l_tr; its square is in units of 1 / q².
    energy : (..., 1) float array
        dE / ħD, units of q². Flights are damped by 1 - i dE tau / ħ with tau = l_tr² / 2D.
    """
    damping = 1 - 0.5j * energy * step**2
    return np.asarray(2 / step**2 * (np.sqrt(damping**2 + q_squared * step**2) - 1))
