"""Draw the picture of docs/how-to/many-leads.md: `python docs/figures/hall_bar.py`, 1 min."""

import re
import tempfile
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle

import qtcore as qt
from qtcore import observe

HERE = Path(__file__).parent
PAGE = HERE.parent / "how-to" / "many-leads.md"
WIDTH, LENGTH, LEAD = 24, 40, 7
PLATEAUS = {1: "1", 1 / 2: "1/2", 1 / 3: "1/3"}
EVERY = 2
"""Every second site has an arrow."""


def definition():
    """Return the text of the definition that the page shows."""
    page = PAGE.read_text(encoding="utf-8")
    return re.search(r"```python hall.py\n(.*?)```", page, re.DOTALL)[1]


def current_at_sites(bar):
    """Return the current from the left lead through each site, along and across, (slice, site)."""
    states = observe.terminal_states(bar, -3.4, length=LENGTH, realization=0, seed=1)
    flow = states.currents("left")
    through = np.zeros((2, LENGTH * WIDTH))
    is_along = (flow.end - flow.start) == WIDTH
    for axis, bonds in enumerate((is_along, ~is_along)):
        for end in (flow.start, flow.end):
            np.add.at(through[axis], end[bonds], flow.current[bonds] / 2)
    return through.reshape(2, LENGTH, WIDTH)


def draw_bar(axes, figure):
    """Draw the bar, its leads, and the current inside."""
    bar = qt.HallBar(WIDTH, (6, 26), 8, qt.Box(0.3), flux=0.05)
    along, across = current_at_sites(bar)
    size = np.hypot(along, across)
    image = axes.imshow(size.T, origin="lower", cmap="Blues")
    figure.colorbar(image, ax=axes, label="current through a site (e²/h V)", shrink=0.7)
    x, y = np.meshgrid(np.arange(0, LENGTH, EVERY), np.arange(0, WIDTH, EVERY), indexing="ij")
    some = (slice(None, None, EVERY), slice(None, None, EVERY))
    axes.quiver(x, y, along[some], across[some], scale=12 * size.max(), width=0.003)
    ends = [("left", -LEAD - 0.5, -0.5, LEAD, WIDTH), ("right", LENGTH - 0.5, -0.5, LEAD, WIDTH)]
    for name, side in zip(bar.side_names, bar.sides, strict=True):
        bottom = WIDTH - 0.5 if side.edge == "top" else -LEAD - 0.5
        ends.append((name, side.first - 0.5, bottom, side.width, LEAD))
    for name, left, bottom, wide, high in ends:
        axes.add_patch(Rectangle((left, bottom), wide, high, facecolor="0.88", edgecolor="0.5"))
        turned = 90 if name in ("left", "right") else 0
        at = (left + wide / 2, bottom + high / 2)
        axes.text(*at, name, ha="center", va="center", rotation=turned, fontsize=8)
    axes.set(
        xlim=(-LEAD - 1.5, LENGTH + LEAD + 0.5), ylim=(-LEAD - 1.5, WIDTH + LEAD + 0.5),
        xlabel="slice", ylabel="site",
    )  # fmt: skip


def draw_plateaus(axes, ds):
    """Draw mean resistances against the energy, with the middle half of the samples."""
    for name, colour in (("R_xy", "C0"), ("R_xx", "C3")):
        for disorder, dashes in ((0.3, "-"), (2.0, "--")):
            samples = abs(ds[name].sel(disorder=disorder).squeeze("length"))
            low, high = (samples.quantile(q, "realization") for q in (0.25, 0.75))
            axes.fill_between(ds.energy, low, high, color=colour, alpha=0.15, lw=0)
            label = f"|{name}|, W = {disorder:g} t"
            mean = samples.mean("realization")
            axes.plot(ds.energy, mean, dashes, color=colour, lw=1.2, label=label)
    for value, text in PLATEAUS.items():
        axes.axhline(value, color="0.6", lw=0.6, zorder=0)
        axes.text(-2.34, value, text, va="center", fontsize=8)
    axes.set(xlabel="energy (t)", ylabel="resistance (h/e²)", xlim=(-3.5, -2.35), ylim=(-0.03, 1.4))
    axes.legend(frameon=False, fontsize=8)


def main():
    """Run the sweep of the page at many energies, and draw both pictures."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "hall.py"
        path.write_text(definition(), encoding="utf-8")
        settings = {"energy": "-3.5:-2.35:47"}
        store = Path(folder) / "hall.zarr"
        ds = qt.run(path, store=store, cluster="threads", settings=settings, progress=False).load()
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4.2), width_ratios=(1.3, 1))
    draw_bar(left, figure)
    draw_plateaus(right, ds)
    figure.tight_layout()
    figure.savefig(HERE / "hall_bar.png", dpi=110)


if __name__ == "__main__":
    main()
