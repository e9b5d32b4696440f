"""Bands of clean leads, as numbers: E(k) = levels of h + v exp(ik) + v^+ exp(-ik)."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from qtcore.model.kwant_ensemble import KwantEnsemble
from qtcore.model.kwant_system import KwantSystem
from qtcore.model.terminals import Bar
from qtcore.model.wire import Wire
from qtcore.solve.lead_modes import modes_open_or_not
from qtcore.solve.pencil import Matrix
from qtcore.solve.terminal_ports import side_matrices
from qtcore.threads import one_thread

_WORK = 2e9
"""Operations that the bands of one lead take at most: wide leads have fewer wave numbers."""

_MOST, _FEWEST = 401, 33
"""Wave numbers of a lead."""

Device = Wire | Bar | KwantSystem | KwantEnsemble


@one_thread
def lead_bands(h: Matrix, v: Matrix) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return wave numbers and bands of a lead.

    Parameters
    ----------
    h, v : (M, M) complex arrays
        H inside a slice of the lead and from it to the next one, units of t.

    Returns
    -------
    k : (n,) float array
        From -pi to pi, radians per slice.
    energies : (n, M) float array
        In ascending order at each k, units of t.
    """
    count = int(np.clip(_WORK / max(len(h), 1) ** 3, _FEWEST, _MOST))
    k = np.linspace(-np.pi, np.pi, count | 1)  # odd, so that k = 0 is among them
    energies = np.empty((len(k), len(h)))
    for row, wave in enumerate(k):
        ahead = v * np.exp(1j * wave)
        energies[row] = np.linalg.eigvalsh(h + ahead + ahead.conj().T)
    return k, energies


def ranges(energies: NDArray[np.float64]) -> list[tuple[float, float]]:
    """Return the energies that bands (k, band) cover, as intervals in ascending order."""
    pairs = sorted(zip(energies.min(axis=0), energies.max(axis=0), strict=True))
    found: list[tuple[float, float]] = []
    for low, high in pairs:
        if found and low <= found[-1][1] + 1e-9:
            found[-1] = found[-1][0], max(found[-1][1], high)
        else:
            found.append((float(low), float(high)))
    return [(float(low), float(high)) for low, high in found]


def is_within(energy: float, energies: NDArray[np.float64]) -> bool:
    """Return whether an energy lies within bands (k, band)."""
    return any(low <= energy <= high for low, high in ranges(energies))


def in_words(energies: NDArray[np.float64]) -> str:
    """Return where bands (k, band) lie, such as "from -3.9 to 3.9"."""
    parts = [f"from {low:.4g} to {high:.4g}" for low, high in ranges(energies)]
    more = f" and {len(parts) - 6} more" if len(parts) > 6 else ""
    return ", ".join(parts[:6]) + more


def leads_of_device(device: Device) -> Iterator[tuple[str, Matrix, Matrix]]:
    """Yield name, h and v of each lead, in the order of results."""
    if isinstance(device, Wire):
        slices = device.slices()
        yield "left", slices.lead_h, slices.lead_v
        yield "right", slices.right_h, slices.right_v
    elif isinstance(device, Bar):
        for name, end in (("left", device.left), ("right", device.right)):
            if end is not None:
                slices = end.on(device.wire).slices()
                yield name, slices.lead_h, slices.lead_v
        for name, side in zip(device.side_names, device.sides, strict=True):
            yield name, *side_matrices(device, side)
    else:
        system = device if isinstance(device, KwantSystem) else device.sample(0, 0)
        for number, lead in enumerate(system.matrices.leads):
            yield f"lead {number}", lead.h, lead.v


def open_modes(h: Matrix, v: Matrix, energy: float) -> int:
    """Return the number of modes of a lead that are open at an energy, 0 between bands."""
    return modes_open_or_not(h, v, energy).channels


def crossings(
    k: NDArray[np.float64], energies: NDArray[np.float64], energy: float
) -> NDArray[np.float64]:
    """Return the wave numbers at which bands (k, band) cross an energy, by straight lines."""
    above = energies - energy
    row, band = np.nonzero(above[:-1] * above[1:] < 0)
    part = above[row, band] / (above[row, band] - above[row + 1, band])
    return np.asarray(k[row] + part * np.diff(k)[row])
