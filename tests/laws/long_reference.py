"""ln g of long wires in which errors of long before grow, and how it was made.

With python-flint installed, `python -m tests.laws.long_reference` writes long_reference.json, from
which the tests run: recursive Green's functions in arithmetic of 400 bits, for the very matrices and
energies that the solvers are given. The samples are two of the 256 strips whose certificates did not
hold. In the first g rises again on the way: its last column shrinks. In the second the wave takes
another way through the wire: its last column outgrows another one.
"""

import json
from pathlib import Path

import numpy as np

import qtcore as qt
from tests.laws.depth_reference import dagger, exact, middle, root, self_energy

STORED = Path(__file__).with_suffix(".json")
SEED = 1
BITS = 400
WIRE, ENERGY = qt.Wire(qt.Square(4), qt.Box(1.0)), 0.5
SAMPLES = {60: (8500, 8800), 111: (19_600, 20_000)}


def ln_g(realization, lengths):
    """Return ln g at every length, as texts."""
    from flint import acb, arb

    slices = WIRE.slices()
    one = exact(np.eye(len(slices.h)))
    absorbing = one * acb(ENERGY) + one * acb(0, arb("1e-60"))
    h, v = exact(slices.h), exact(slices.v)
    surface, right = (self_energy(h, each, absorbing) for each in (dagger(v), v))
    read, through = dagger(root(right)), root(surface)
    numbers = np.array([realization], dtype=np.uint64)
    potential = WIRE.potential_of(numbers, 0, lengths[-1], SEED)[:, :, 0]
    found = {}
    for n, row in enumerate(potential, start=1):
        block = one * acb(ENERGY) - h - exact(np.diag(row)) - surface
        if n in lengths:
            t = middle(read * (block - right).inv() * through)
            g = sum((abs(x) ** 2 for x in t.entries()), arb(0))
            found[n] = g.log().mid().str(20, radius=False)
        g = middle(block.inv())
        surface, through = middle(dagger(v) * g * v), middle(dagger(v) * g * through)
    return found


def main():
    """Write the reference."""
    from flint import ctx

    ctx.prec = BITS
    found = {number: ln_g(number, lengths) for number, lengths in SAMPLES.items()}
    STORED.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
