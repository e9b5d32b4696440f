"""Recursive Green's functions: slice by slice, an inversion each. Slow, and the referee.

Lee and Fisher, PRL 47, 882 (1981); MacKinnon, Z. Phys. B 59, 385 (1985). The field sits in the
hopping along the wire here (the transfer solver has it in the hopping across), so that the two
solvers share neither their algorithm nor their gauge.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from qtcore.model.wire import Wire
from qtcore.solve.modes import lead_modes
from qtcore.units import peierls_phase


class Amplitudes(NamedTuple):
    """Scattering amplitudes of one sample; indices are (outgoing, incoming) modes of unit flux.

    Attributes
    ----------
    t : (channels, channels) complex array
        Transmission to the left lead, to be multiplied by exp(log_scale).
    log_scale : float
        Natural logarithm of the scale of t.
    r : (channels, channels) complex array
        Reflection back into the right lead.
    """

    t: NDArray[np.complexfloating]
    log_scale: float
    r: NDArray[np.complexfloating]

    @property
    def ln_g(self) -> float:
        """Natural logarithm of g (e²/h per spin)."""
        return float(np.log((np.abs(self.t) ** 2).sum()) + 2 * self.log_scale)

    @property
    def reflection(self) -> float:
        """Total reflection."""
        return float((np.abs(self.r) ** 2).sum())


def amplitudes(
    wire: Wire, energy: float, lengths: Sequence[int], realization: int, seed: int
) -> list[Amplitudes]:
    """Return the scattering amplitudes of one sample at every length.

    Waves come in from the right lead: t leads to the left lead, r back into the right one.

    Parameters
    ----------
    wire : Wire
        The wire.
    energy : float
        Units of t.
    lengths : sequence of int
        Strictly increasing numbers of slices.
    realization, seed : int
        Address of the sample.

    Returns
    -------
    list of Amplitudes
        One for each length.
    """
    M = wire.width
    identity = np.eye(M)
    gauge = np.diag(np.exp(-1j * peierls_phase(wire.flux) * np.arange(M)))
    in_lead = gauge if wire.field_in_leads else identity
    modes = lead_modes(wire.lattice, energy, wire.phase if wire.field_in_leads else 0.0)
    # psi_{n+1} = out_right psi_n for waves that leave to the right, psi_{n-1} = out_left psi_n ...
    out_right = modes.right_ahead @ np.linalg.inv(modes.right)
    out_left = modes.left @ np.linalg.inv(modes.left_ahead)
    # What a wave from the right brings in at the last slice (Fisher and Lee, PRB 23, 6851 (1981)).
    source = in_lead @ (modes.left_ahead - out_right @ modes.left)
    onsite = wire.onsite(realization, range(lengths[-1]), seed)
    h = wire.lattice.transverse()
    N = modes.channels
    results: list[Amplitudes] = []
    surface = in_lead.conj().T @ out_left
    through, log_scale = identity.astype(np.complex128), 0.0
    for n in range(lengths[-1]):
        block = energy * identity - np.diag(onsite[n]) - h - surface
        if n + 1 in lengths:
            last = np.linalg.solve(block - in_lead @ out_right, source[:, :N])
            t = np.linalg.solve(modes.left_ahead, through @ last)[:N]
            r = np.linalg.solve(modes.right, last - modes.left[:, :N])[:N]
            results.append(Amplitudes(t, log_scale, r))
        inverse = np.linalg.inv(block)
        surface = gauge.conj().T @ inverse @ gauge
        through = through @ inverse @ gauge
        size = np.abs(through).max()
        through, log_scale = through / size, log_scale + float(np.log(size))
    return results
