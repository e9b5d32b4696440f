"""Samples beside slow and narrow places of their leads' bands, to many digits, and how they were made.

With python-flint installed, `python -m tests.observe.slow_reference` writes slow_reference.json, from
which the tests run; how is said in `neutral_reference`.
"""

import json
from pathlib import Path

import numpy as np

import qtcore as qt

from .neutral_reference import observables

STORED = Path(__file__).with_suffix(".json")
LENGTH, SEED, REALIZATION = 4, 2, 3
BOX = qt.Box(1.0)


def zigzag(width, **more):
    """Return a ribbon whose edge states leave E = 0 as k^width."""
    return qt.Wire(qt.Honeycomb(width), BOX, **more)


def fourth_power():
    """Return a chain with 2 cos k - cos(2 k) / 2 = 1.5 - k^4 / 4."""
    h = np.array([[0.0, 1.0], [1.0, 0.0]])
    return qt.Wire(qt.Custom(h, np.array([[-0.25, 0.0], [1.0, -0.25]])), BOX)


DENSITIES = {
    "zigzag 2": (zigzag(2), (1e-6, 1e-8, -1e-10)),
    "zigzag 3": (zigzag(3), (1e-5, 1e-7, 1e-8)),
    "zigzag 4": (zigzag(4), (1e-6, -1e-8)),
    "zigzag 5": (zigzag(5), (1e-5, 1e-6)),
    "zigzag 3, Rashba": (zigzag(3, terms=(qt.Rashba(0.1),)), (1e-7,)),
    "fourth power": (fourth_power(), (1.5 - 1e-9, 1.5 - 1e-11, 1.5 - 1e-12)),
    "narrow bands that cross": (zigzag(3, flux=0.05), (1e-5, 3e-6, 1e-7)),
}
"""Wires, and energies of which the density of states is stored, units of t."""

CONDUCTANCES = {
    "zigzag 2": (zigzag(2), (5e-7,)),
    "zigzag 3": (zigzag(3), (3e-7, 2e-7, 3e-8, 1e-9)),
}
"""Wires, and energies of which g is stored, units of t."""

SAMPLES, OTHER_SEED = (0, 11, 14, 26), 11


def main():
    """Write the stored numbers."""
    found = {
        "densities": {
            name: {E.hex(): observables(wire, E, LENGTH, REALIZATION, SEED)[2] for E in energies}
            for name, (wire, energies) in DENSITIES.items()
        },
        "conductances": {
            name: {
                E.hex(): [observables(wire, E, LENGTH, n, OTHER_SEED)[0] for n in SAMPLES]
                for E in energies
            }
            for name, (wire, energies) in CONDUCTANCES.items()
        },
    }
    STORED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
