"""A resistance in series with a contact, from the heights of its plateaus.

van Wees et al., PRL 60, 848 (1988), and Wharam et al., J. Phys. C 21, L209 (1988).
"""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from qtcore.errors import InputError
from qtcore.estimate.estimate import Array, Estimate
from qtcore.estimate.fit_linear import estimator_of
from qtcore.estimate.missing import Missing
from qtcore.estimate.plateaus import FEWEST_GATES, Plateaus, possible_channels
from qtcore.units import CONDUCTANCE_QUANTUM_SIEMENS

FEWEST_PLATEAUS = 3
"""Two points make a straight line but no error."""

_ROUNDING = 1e-12
"""Without noise plateaus are exact to so much of their height, which is then their weight."""


@dataclass(frozen=True)
class SeriesResistance:
    """A resistance in series with the contact.

    Attributes
    ----------
    ohms : Estimate
        R_s.
    quantum : Estimate
        The slope against 1/N, which should be h/2e² = 12906.40 ohms.
    """

    ohms: Estimate
    quantum: Estimate


def series_resistance(found: Plateaus) -> SeriesResistance:
    """Return R_s from a straight line through R against 1/N on the plateaus.

    R_N = R_s + (h / 2e²) / N, for conductances in units of 2e²/h. Errors follow from those of the
    plateaus, and are larger by √χ² per degree of freedom where the line fits worse.

    Raises
    ------
    Missing
        If there are fewer than three plateaus, or their heights do not tell how many channels are
        open on each.
    """
    if len(found.channels) < FEWEST_PLATEAUS:
        raise Missing(
            f"a series resistance needs at least {FEWEST_PLATEAUS} plateaus for a value with an "
            f"error, got {len(found.channels)}; open the contact further, or look for plateaus with a "
            "smaller tolerance if a large resistance presses them together"
        )
    if not found.channels.all():
        raise Missing(_uncounted(found.g.values, found.g.error))
    resistance: Estimate = 1 / (found.g * CONDUCTANCE_QUANTUM_SIEMENS)
    weight = 1 / np.maximum(resistance.error, _ROUNDING * resistance.values)
    design = np.stack([np.ones(len(weight)), 1 / found.channels], axis=1)
    line = resistance.linear(estimator_of(design, np.diag(weight**-2.0)))
    misfit = (design @ line.values - resistance.values) * weight
    inflation = max(1.0, float(misfit @ misfit) / (len(weight) - 2))
    shares = line.shares * np.sqrt(inflation)
    line = Estimate(line.values, shares, line.counts, folded=line.folded)
    return SeriesResistance(line[0], line[1])


def refuse_gates(gates: ArrayLike, opens: Array) -> None:
    """Raise InputError unless gate values can show the plateaus that a resistance is found from.

    Parameters
    ----------
    gates : (gate,) sequence of float
        Values at which g is computed.
    opens : (channel,) float array
        Values below which each channel is open, falling, and one more than plateaus are needed.
    """
    gate, opens = np.asarray(gates, dtype=np.float64), opens[: FEWEST_PLATEAUS + 1]
    last = (opens[-2] + opens[-1]) / 2
    counts = [int(((gate < above) & (gate > below)).sum()) for above, below in pairwise(opens)]
    if gate.max() <= opens[0] or gate.min() >= last or min(counts) < FEWEST_GATES:
        raise InputError(
            f"a resistance in series is found from the first {FEWEST_PLATEAUS} plateaus, counted from "
            f"the closed contact; of the gates {gate.min():g} … {gate.max():g} t there are "
            f"{', '.join(map(str, counts))} on these: give at least {FEWEST_GATES} on each, from "
            f"{last:.3g} or less to {opens[0]:.3g} or more"
        )


def _uncounted(g: Array, errors: Array) -> str:
    """Return why plateaus have no numbers of channels."""
    heights = ", ".join(f"{one:.3g}" for one in g)
    possible = [", ".join(map(str, one)) for one in possible_channels(g, errors)]
    if possible:
        why = f"N = {'; or '.join(possible[:3])} fit alike; give finer gates or less noise"
    else:
        why = (
            "no whole numbers of channels behind one resistance have these heights; some are no "
            "plateaus of whole channels: use a smaller tolerance, weaker disorder, or a contact "
            "that reflects less"
        )
    return f"plateaus at {heights} × 2e²/h do not say how many channels are open: {why}"
