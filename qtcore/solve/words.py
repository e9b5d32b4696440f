"""Results of solvers in words."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import counted
from qtcore.shown import Card, described
from qtcore.solve.origin import Origin

Numbers = NDArray[np.float64]

MOST_LEADS = 6
"""Leads up to which a card has their transmissions."""


def between(values: Numbers, digits: int = 4) -> str:
    """Return the range of numbers, those that are none left out."""
    known = values[~np.isnan(values)]
    if not known.size:
        return "not known"
    low, high = float(known.min()), float(known.max())
    return f"{low:.{digits}g}" if low == high else f"{low:.{digits}g} to {high:.{digits}g}"


def scattering_card(
    of: str,
    ln_g: Numbers,
    reflection: Numbers,
    certificate: Numbers,
    suspect: NDArray[np.bool_],
    channels: int,
) -> Card:
    """Return what an ensemble of scattering samples shows of itself.

    Parameters
    ----------
    of : str
        What the samples are, such as "wires".
    ln_g, reflection, certificate, suspect
        As of `Scattering`: the first axis is the realization, the last one, if there is another, the length.
    channels : int
        Open modes.
    """
    shape = counted(len(ln_g), "realizations")
    rows = [("channels", f"{channels} open in the lead that the waves come from")]
    if ln_g.ndim == 2:
        shape += f" at {counted(ln_g.shape[1], 'lengths')}"
        ends = [("shortest", 0), ("longest", -1)] if ln_g.shape[1] > 1 else [("", 0)]
    else:
        ln_g, reflection = ln_g[:, None], reflection[:, None]
        ends = [("", 0)]
    for name, column in ends:
        where = f", {name} length" if name else ""
        g, R = ln_g[:, column], reflection[:, column]
        rows.append((f"ln g{where}", f"{between(g)}, mean {g.mean():.4g} (g in e²/h)"))
        rows.append((f"reflection{where}", f"{between(R)}, of at most {channels}"))
    number = int(suspect.sum())
    rows.append(("certificate", f"error of ln g at most {certificate.max():.1g}"))
    rows.append(("suspect", f"{number} of {suspect.size:,}" if number else "none"))
    return Card(f"Scattering of {shape} of {of}", rows)


def network_card(
    names: Sequence[object], channels: Sequence[int], ln_T: Numbers, suspect: NDArray[np.bool_]
) -> Card:
    """Return what an ensemble between many leads shows of itself.

    Parameters
    ----------
    names : sequence of str or int
        Of the leads.
    channels : sequence of int
        Open modes of each.
    ln_T : (realization, lead, lead) float array
        ln T[to, from].
    suspect : bool array
        Samples in doubt.
    """
    open_ = ", ".join(f"{name} {N}" for name, N in zip(names, channels, strict=True))
    rows = [("open modes", open_)]
    if len(names) <= MOST_LEADS:
        mean = np.exp(ln_T).mean(axis=0)
        rows += [
            (
                f"T from {name}",
                ", ".join(f"{to}: {T:.3g}" for to, T in zip(names, column, strict=True)),
            )
            for name, column in zip(names, mean.T, strict=True)
        ]
    number = int(suspect.sum())
    rows.append(("suspect", f"{number} of {suspect.size:,}" if number else "none"))
    what = f"{counted(len(ln_T), 'realizations')} between {counted(len(names), 'leads')}"
    return Card(f"Scattering of {what}, means over realizations", rows)


def open_sample_card(
    origin: Origin | None,
    slices: int,
    sites: int,
    energy: float,
    modes: Sequence[int],
    absorption: float,
) -> Card:
    """Return what an open sample shows of itself.

    Parameters
    ----------
    origin : Origin or None
        What it was cut out of.
    slices, sites : int
        Its length, and the sites of a slice.
    energy, absorption : float
        Units of t.
    modes : sequence of int
        Open modes of the left and of the right lead.
    """
    rows = [
        ("wire", "" if origin is None else described(origin.wire)),
        ("samples", "" if origin is None else origin.in_words),
        ("slices", f"{slices:,}, of {counted(sites, 'sites')} each"),
        ("energy", f"{energy:g} t"),
        ("open modes", "left {}, right {}".format(*modes)),
        ("absorption", f"{absorption:g} t on every site" if absorption else ""),
    ]
    return Card("Open sample between two leads", rows)
