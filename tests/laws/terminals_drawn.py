"""Bars that are drawn at random, as plain numbers: both Kwant and qtcore build them from these.

No more than NumPy is imported, so that an environment with Kwant and without qtcore can read it.
"""

import random

import numpy as np

COUNT = 220


def drawn(number):
    """Return bar number `number`: geometry, energy, field, leads."""
    rng = random.Random(number)
    width, length = rng.randint(1, 11), rng.randint(5, 30)
    flux = rng.choice([0.0, 0.0, 0.017, 0.08])
    field = rng.random() < 0.6
    sides = []
    wanted = rng.randint(0, 4)
    for edge in rng.sample(["top", "bottom"], 2):
        first = rng.randint(0, 3)
        while len(sides) < wanted:
            w = rng.randint(1, 6)
            if first + w > length:
                break
            sides.append(
                {
                    "first": first,
                    "width": w,
                    "edge": edge,
                    "shift": rng.choice([0.0, 0.0, -0.4]),
                    "field": field if rng.random() < 0.8 else not field,
                }
            )
            first += w + rng.randint(0, 6)
    return {
        "width": width,
        "length": length,
        "flux": flux,
        "strength": rng.choice([0.0, 1.0, 1.0, 3.0, 6.0]),
        "energy": rng.uniform(-0.9, 0.9),
        "left": end_lead(rng, width, field),
        "right": end_lead(rng, width, field),
        "sides": sides,
    }


def end_lead(rng, width, field):
    """Return a lead at an end; most are like the sample."""
    if rng.random() < 0.6:
        return {"width": width, "offset": 0, "shift": 0.0, "field": field}
    wide = rng.randint(max(1, width - 2), width + 4)
    # Some of the lead's sites lie at some of the sample's.
    offset = rng.randint(1 - width, wide - 1) if rng.random() < 0.5 else 0
    shift = rng.choice([0.0, -0.7])
    return {"width": wide, "offset": offset, "shift": shift, "field": field != (rng.random() < 0.2)}


def onsite(number, bar):
    """Return the on-site values of a bar, (slice, site)."""
    values = np.random.default_rng(number).random((bar["length"], bar["width"]))
    return bar["strength"] * (values - 0.5)
