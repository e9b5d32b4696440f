"""The density of states of a disordered strip: self-consistent Born approximation.

Disorder gives every site a self-energy Sigma_y = <eps²> G_yy, where G is the mean Green's function with
this very self-energy. In a strip that is clean along x, with or without a field, G is a sum over plane
waves along x, each of which sees a matrix across.
"""

import math

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError

_STEPS = 400
"""Iterations that are tried; each leaves a third or less of the error where disorder counts."""

_CONVERGED = 1e-10

_PER_WIDTH = 40.0
"""Plane waves over the inverse broadening of levels: sums over them are exact to 1e-8 then."""

_MOST_WAVES = 20_000


def strip_density_of_states(
    width: int, energy: float, disorder: float, flux: float = 0.0
) -> NDArray[np.float64]:
    """Return the mean density of states on the sites across a strip of square lattice, (site,), 1/t.

    Hard walls and box disorder, far from the ends. What it leaves out is of the next order in 1 / k l: a few per
    cent where l is a few sites.

    Parameters
    ----------
    width : int
        Sites across.
    energy, disorder : float
        Energy and full width W of the box, units of t; W > 0.
    flux : float
        h/e through a plaquette.

    Raises
    ------
    InputError
        If the disorder is not positive, or so weak that levels are narrower than can be summed over.
    """
    if not disorder > 0:
        raise InputError(
            f"levels of a strip are broadened by disorder > 0 only, got W = {disorder:g}"
        )
    variance, sites = disorder**2 / 12, np.arange(width)
    bare = energy * np.eye(width) - np.eye(width, k=1) - np.eye(width, k=-1)
    sigma = np.full(width, -1j * variance)
    waves = 0
    for _ in range(_STEPS):
        narrow = float(-sigma.imag.mean())
        wanted = _PER_WIDTH / max(narrow, 1e-300)
        if wanted > _MOST_WAVES:
            raise InputError(
                f"W = {disorder:g} broadens levels of a strip of {width} sites by {narrow:.1g} t only, too little "
                "for a sum over plane waves; take stronger disorder"
            )
        waves = max(waves, 64, math.ceil(wanted))
        k = 2 * np.pi * (np.arange(waves) + 0.5) / waves
        along = 2 * np.cos(k[:, None] - 2 * np.pi * flux * sites)
        matrices = np.repeat(bare[None].astype(np.complex128), waves, axis=0)
        matrices[:, sites, sites] -= along + sigma
        green = np.linalg.inv(matrices)[:, sites, sites].mean(axis=0)
        change = variance * green - sigma
        sigma = sigma + change
        if float(np.abs(change).max()) < _CONVERGED:
            break
    return np.asarray(-sigma.imag / variance / np.pi)
