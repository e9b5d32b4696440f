"""T between all leads of drawn bars by Kwant, which `terminals_reference.json` keeps.

    ../kwant-env/bin/python tests/laws/terminals_reference.py

in an environment with Kwant (`benchmarks/install_kwant.sh` makes one). Bars without an open mode in
one of their leads are left out. The gauge of the sample has its phases on the bonds along the bar; a
lead across an edge has them on the bonds across, and a row of its sites in between takes one to the
other.
"""

import json
import sys
from pathlib import Path

import kwant
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))

from terminals_drawn import COUNT, drawn, onsite

STORED = Path(__file__).with_suffix(".json")
LATTICE = kwant.lattice.square(norbs=1)


def attach_end(builder, bar, end):
    lead, phase = bar[end], 2 * np.pi * bar["flux"]
    x, edge = (-1, 0) if end == "left" else (bar["length"], bar["length"] - 1)
    rows = range(-lead["offset"], lead["width"] - lead["offset"])

    def along(y):
        """<x, y|H|x + 1, y>."""
        return np.exp(-1j * phase * y) if lead["field"] else 1.0

    def fill(target, column):
        for y in rows:
            target[LATTICE(column, y)] = lead["shift"]
        for y in rows[:-1]:
            target[LATTICE(column, y), LATTICE(column, y + 1)] = 1.0

    fill(builder, x)
    low, high = min(x, edge), max(x, edge)
    for y in rows:
        if 0 <= y < bar["width"]:
            builder[LATTICE(low, y), LATTICE(high, y)] = along(y)
    symmetry = kwant.TranslationalSymmetry((-1 if end == "left" else 1, 0))
    cells = kwant.Builder(symmetry)
    fill(cells, 0)
    for y in rows:
        cells[LATTICE(0, y), LATTICE(1, y)] = along(y)
    builder.attach_lead(cells)


def attach_side(builder, bar, side):
    phase, top = 2 * np.pi * bar["flux"], side["edge"] == "top"
    row = bar["width"] - 1 if top else 0
    own = row + 1 if top else -1
    columns = range(side["first"], side["first"] + side["width"])
    # The rows of two leads on the same edge, and those of the ends, must not be neighbours: this
    # row lies in a layer of its own.
    layer = kwant.lattice.square(norbs=1, name=f"{side['edge']} {side['first']}")

    def across(x):
        """<x, y|H|x, y + 1> inside the lead."""
        return np.exp(1j * phase * x) if side["field"] else 1.0

    def fill(target, y):
        for x in columns:
            target[layer(x, y)] = side["shift"]
        for x in columns[:-1]:
            target[layer(x, y), layer(x + 1, y)] = 1.0

    fill(builder, own)
    for x in columns:
        up = across(x) if top else np.conj(across(x))
        builder[LATTICE(x, row), layer(x, own)] = up * np.exp(1j * phase * x * row)
    lead = kwant.Builder(kwant.TranslationalSymmetry((0, 1 if top else -1)))
    fill(lead, 0)
    for x in columns:
        lead[layer(x, 0), layer(x, 1)] = across(x)
    builder.attach_lead(lead)


def transmissions(number):
    """Return T[to, from] of drawn bar number `number`, or None if a lead has no open mode."""
    bar = drawn(number)
    values, phase = onsite(number, bar), 2 * np.pi * bar["flux"]
    builder = kwant.Builder()
    for x, row in enumerate(values):
        for y, value in enumerate(row):
            builder[LATTICE(x, y)] = value
    for x in range(bar["length"]):
        for y in range(bar["width"]):
            if y + 1 < bar["width"]:
                builder[LATTICE(x, y), LATTICE(x, y + 1)] = 1.0
            if x + 1 < bar["length"]:
                builder[LATTICE(x, y), LATTICE(x + 1, y)] = np.exp(-1j * phase * y)
    for end in ("left", "right"):
        attach_end(builder, bar, end)
    for side in bar["sides"]:
        attach_side(builder, bar, side)
    S = kwant.smatrix(builder.finalized(), bar["energy"])
    if min(S.num_propagating(lead) for lead in range(2 + len(bar["sides"]))) == 0:
        return None
    leads = range(2 + len(bar["sides"]))
    return [[S.transmission(i, j) for j in leads] for i in leads]


if __name__ == "__main__":
    found = {number: transmissions(number) for number in range(COUNT + 40)}
    kept = {number: T for number, T in found.items() if T is not None}
    about = f"T[to][from] by Kwant {kwant.__version__} for the bars of terminals_drawn.py"
    rounded = {n: [[float(f"{t:.15g}") for t in row] for row in T] for n, T in kept.items()}
    lines = [f' "{n}": {json.dumps(T, separators=(",", ":"))}' for n, T in rounded.items()]
    text = ",\n".join(lines)
    STORED.write_text(f'{{"about": "{about}", "T": {{\n{text}\n}}}}\n', encoding="utf-8")
