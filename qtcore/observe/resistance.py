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


def known_voltages(
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
        I = G (V_source - V_drain), e²/h; all other leads draw no current. -inf where nothing passes.
    V : (realization, lead) float array
        Voltages between 0 (drain) and 1 (source); NaN where nothing connects a probe to either of
        them, so that its voltage is not defined.
    """
    L = ln_T.copy()
    R, leads, _ = L.shape
    L[:, np.arange(leads), np.arange(leads)] = -np.inf
    probes = [k for k in range(leads) if k not in (source, drain)]
    remaining, rows = [source, drain, *probes], []
    for p in reversed(probes):
        remaining.remove(p)
        total = _logsum(L[:, p, remaining], 1)
        # A probe that nothing connects to the others takes no part in their network.
        share = L[:, p, remaining] - np.where(np.isfinite(total), total, 0.0)[:, None]
        rows.append((p, list(remaining), share))
        into = L[:, remaining, p][:, :, None]
        rest = np.array(remaining)
        among = L[:, rest[:, None], rest]
        L[:, rest[:, None], rest] = np.logaddexp(among, into + share[:, None, :])
    V = np.zeros((R, leads))
    V[:, source] = 1.0
    for p, others, share in reversed(rows):
        weight = np.exp(share)
        V[:, p] = np.where(weight > 0, weight * V[:, others], 0.0).sum(axis=1)
        V[~(weight > 0).any(axis=1), p] = np.nan
    return L[:, source, drain], V


def voltages(
    ln_T: NDArray[np.float64], source: int, drain: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the same; what is not defined is refused.

    Raises
    ------
    QtcoreError
        If nothing connects a probe to the others, or the two leads, so that a voltage is not defined.
    """
    ln_G, V = known_voltages(ln_T, source, drain)
    for lead in range(V.shape[1]):
        _refuse_unless_connected(np.isfinite(V[:, lead]), lead)
    _refuse_unless_connected(np.isfinite(ln_G), drain)
    return ln_G, V


def resistance_of(
    ln_G: NDArray[np.float64], V: NDArray[np.float64], voltage: tuple[int, int]
) -> NDArray[np.float64]:
    """Return (V_c - V_d) / I in h/e², (realization,); NaN where no current flows."""
    c, d = voltage
    with np.errstate(over="ignore", invalid="ignore"):
        found = (V[:, c] - V[:, d]) * np.exp(-ln_G)
    return np.where(np.isfinite(found), found, np.nan)


def _logsum(values: NDArray[np.float64], axis: int) -> NDArray[np.float64]:
    return np.asarray(np.logaddexp.reduce(values, axis=axis))


def _refuse_unless_connected(connected: NDArray[np.bool_], lead: int) -> None:
    if not connected.all():
        raise QtcoreError(
            f"nothing passes between lead number {lead} and the others in sample "
            f"{int(np.argmin(connected))} of 0 .. {len(connected) - 1}: its voltage is not defined; take "
            "other leads"
        )
