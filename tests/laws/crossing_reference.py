"""Conductances and reflections of ribbons and tubes whose bands cross close by, to twenty digits.

With python-flint installed, `python -m tests.laws.crossing_reference` writes crossing_reference.json,
from which the tests run; how the numbers are found is said in `degenerate_reference`.
"""

import json
from pathlib import Path
from typing import NamedTuple

import qtcore as qt

from .degenerate_reference import results

STORED = Path(__file__).with_suffix(".json")


class System(NamedTuple):
    """One sample; `known` is the error of ln g that its distance from the crossing leaves."""

    wire: qt.Wire
    energy: float
    absorption: float
    length: int
    seed: int
    realization: int
    known: float


def tube(width, box):
    return qt.Wire(qt.Honeycomb(width, "armchair", periodic=True), qt.Box(box))


def rashba_tube(width, edge, alpha):
    lattice = qt.Honeycomb(width, edge, periodic=True)
    return qt.Wire(lattice, qt.Box(1.0), terms=[qt.Rashba(alpha)])


def rashba_ribbon(alpha):
    """Return a ribbon whose rounded elements open a gap of 1e-20 at its Dirac point."""
    return qt.Wire(qt.Honeycomb(2, "armchair"), qt.Box(0.1), terms=[qt.Rashba(alpha)])


ARMCHAIR = qt.Wire(qt.Honeycomb(2, "armchair"), qt.Gaussian(4 / 3.5))
ZIGZAG = qt.Wire(qt.Honeycomb(4, "zigzag"), qt.Box(4.0))
SYSTEMS = {
    "absorbing tube": System(tube(4, 1.0), -2.2360680019894903, 0.1, 3, 543337, 9, 1e-11),
    "tube": System(tube(6, 0.1), 2.2360679816566056, 0.0, 7, 919, 0, 1e-12),
    "armchair ribbon": System(ARMCHAIR, 1e-8, 0.0, 3, 558695, 47, 1e-11),
    "crossing beside a parabola": System(ZIGZAG, 1.000000127236571, 1e-3, 3, 970436, 1, 3e-11),
    "slow bands of a tube with spin": System(
        rashba_tube(6, "zigzag", 0.3113443737220361), -0.9071629206734013, 0.1, 1, 462314, 0, 1e-12
    ),
    "bands of a tube with spin": System(
        rashba_tube(4, "armchair", 0.4433250494505923), 1.33646862958823, 0.0, 3, 221451, 0, 1e-13
    ),
    "ribbon with spin": System(
        rashba_ribbon(0.05967758861419893), -7.98906434649425e-13, 0.1, 3, 576358, 0, 1e-14
    ),
}


def main():
    """Write the stored numbers."""
    from flint import ctx

    ctx.prec = 900
    found = {
        name: results(
            one.wire,
            one.energy,
            one.absorption,
            qt.open_channels(one.wire, one.energy),
            one.length,
            one.seed,
            one.realization,
        )
        for name, one in SYSTEMS.items()
    }
    STORED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
