"""Voltages and resistances of a bar whose leads but two draw no current (Landauer and Büttiker).

I_i = sum_j T_ij (V_i - V_j), in e²/h times the voltages. A probe that draws no current is a node of a
network of conductances and can be taken out of it, T_ij <- T_ij + T_ip T_pj / sum_k T_pk, as one
takes a node out of resistors in star form. Only positive numbers are added, so that it is done with
logarithms, and resistances are exact however small the T are.

Büttiker, PRL 57, 1761 (1986); Grassmann, Taksar and Heyman, Oper. Res. 33, 1107 (1985), for the
elimination.
"""

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import QtcoreError


def voltages(
    ln_T: NDArray[np.float64], source: int, drain: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return ln of the conductance between two leads, and the voltages of all of them.

    Parameters
    ----------
    ln_T : (realization, lead, lead) float array
        ln T[to, from]; the diagonal is not used.
    source, drain : int
        Numbers of two different leads: the current enters at the first and leaves at the second.

    Returns
    -------
    ln_G : (realization,) float array
        I = G (V_source - V_drain), e²/h; all other leads draw no current.
    V : (realization, lead) float array
        Voltages between 0 (drain) and 1 (source).

    Raises
    ------
    QtcoreError
        If nothing connects a probe to the others, or the two leads, so that a voltage is not defined.
    """
    L = ln_T.copy()
    R, leads, _ = L.shape
    L[:, np.arange(leads), np.arange(leads)] = -np.inf
    probes = [k for k in range(leads) if k not in (source, drain)]
    remaining, rows = [source, drain, *probes], []
    for p in reversed(probes):
        remaining.remove(p)
        total = _logsum(L[:, p, remaining], 1)
        _refuse_unless_connected(total, p)
        share = L[:, p, remaining] - total[:, None]
        rows.append((p, list(remaining), share))
        into = L[:, remaining, p][:, :, None]
        rest = np.array(remaining)
        among = L[:, rest[:, None], rest]
        L[:, rest[:, None], rest] = np.logaddexp(among, into + share[:, None, :])
    _refuse_unless_connected(L[:, source, drain], drain)
    V = np.zeros((R, leads))
    V[:, source] = 1.0
    for p, others, share in reversed(rows):
        V[:, p] = (np.exp(share) * V[:, others]).sum(axis=1)
    return L[:, source, drain], V


def _logsum(values: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    return np.asarray(np.logaddexp.reduce(values, axis=axis))


def _refuse_unless_connected(ln_total: NDArray[np.float64], lead: int) -> None:
    cut_off = ~np.isfinite(ln_total)
    if cut_off.any():
        raise QtcoreError(
            f"nothing passes between lead number {lead} and the others in sample "
            f"{int(np.argmax(cut_off))} of 0 .. {len(ln_total) - 1}: its voltage is not defined; take "
            "other leads"
        )
