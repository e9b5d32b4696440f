"""Conductances of ribbons in which vacancies block nearly all ways.

With python-flint installed, `python -m tests.laws.vacancies_reference` writes
vacancies_reference.json, from which the tests run. The numbers are those of `cancelling_reference`.
"""

import json
from pathlib import Path

import numpy as np

import qtcore as qt

from .cancelling_reference import ln_conductance

STORED = Path(__file__).with_suffix(".json")


def _gate(x, y):
    return 0.8 * np.exp(-(((x - 3) / 2) ** 2)) - 0.2 * y


def _wire(width, edge, box, concentration, rashba=None, gate=False):
    return qt.Wire(
        qt.Honeycomb(width, edge),
        [qt.Box(box), qt.Vacancies(concentration)],
        terms=[] if rashba is None else [qt.Rashba(rashba)],
        gates=[_gate] if gate else [],
    )


def systems():
    """Return wires, energies, lengths, seeds and realizations by name."""
    walls = _wire(3, "armchair", 0.0, 0.3, 0.4220713983005245, gate=True)
    spins = _wire(4, "armchair", 0.0, 0.3, 0.4208139398366504, gate=True)
    armchair, gated = _wire(3, "armchair", 1.0, 0.06), _wire(2, "zigzag", 0.0, 0.3, gate=True)
    zigzag, turning = (
        _wire(2, "zigzag", 1.0, 0.3),
        _wire(3, "zigzag", 1.0, 0.3, 0.11752801848740126),
    )
    return {
        "walls of vacancies, with spin": (walls, 1.1759237984547561, [3, 5, 6, 7], 831274, 0),
        "wide, with spin": (spins, 0.9472228315964502, [1, 2, 3, 7], 808744, 1),
        "armchair": (armchair, 1.2481946582777395, [1, 2, 3, 7], 554608, 1),
        "a single slice": (gated, -1.1456045399097732, [1, 2, 3, 7], 330852, 2),
        "zigzag": (zigzag, 0.1640438665915434, [1, 2, 3, 7], 511133, 2),
        "zigzag, with spin": (turning, 1.4544103334911473, [1, 2, 3, 7], 380171, 2),
    }


def main():
    """Write the stored numbers."""
    from flint import ctx

    ctx.prec = 900
    found = {
        name: {
            str(length): ln_conductance(wire, energy, length, seed, realization, "1e-85")
            for length in lengths
        }
        for name, (wire, energy, lengths, seed, realization) in systems().items()
    }
    STORED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
