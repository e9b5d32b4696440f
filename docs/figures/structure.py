"""Draw the pictures of docs/how-to/rings-and-billiards.md: `python docs/figures/structure.py`, 1 min."""

import re
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

import qtcore as qt
from qtcore import observe

HERE = Path(__file__).parent
PAGE = HERE.parent / "how-to" / "rings-and-billiards.md"
SAMPLES = 200
WINDOW = -3.36, -3.2
"""Energies of the billiard, units of t."""


def page():
    """Return what the examples of the page define."""
    found = {}
    for source in re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL):
        exec(source, found)
    return found


def pictured(values, missing):
    """Return values (slice, site) as an image that is empty where sites are missing."""
    return np.where(missing, np.nan, values).T


def draw_ring(found):
    """Draw current and conductance of the ring."""
    ring, length = found["ring"], found["LENGTH"]
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.2), width_ratios=(1, 1.25))
    sample = qt.sample_with_leads(ring(0.3, 1.0), 1.5, length, [0], seed=1)
    states = observe.scattering_states(sample)[..., : sample.leads.left.channels]
    current = observe.bond_currents(sample, states).through
    density = (np.abs(states) ** 2).sum(axis=-1)[:, 0]
    missing = ring(0.0).missing_sites(0, length)
    image = left.imshow(pictured(density, missing), origin="lower", cmap="magma")
    figure.colorbar(image, ax=left, label="density of the states from the left (1/t)", shrink=0.85)
    left.set(
        title=f"flux 0.3 h/e, g = {current.ravel()[0]:.2f}", xlabel="x (sites)", ylabel="y (sites)"
    )
    flux = np.linspace(-1, 1, 41)
    members = [(ring(phi, 1.0), 1.5) for phi in flux]
    g = np.exp(
        [one.ln_g[:, 0] for one in qt.scattering_family(members, [length], range(SAMPLES), 1)]
    )
    for number in range(3):
        right.plot(flux, g[:, number], lw=1, label=f"sample {number}")
    mean, error = g.mean(axis=1), g.std(axis=1, ddof=1) / SAMPLES**0.5
    right.errorbar(flux, mean, error, color="black", lw=2, label=f"mean of {SAMPLES}")
    right.set(xlabel="flux through the hole (h/e)", ylabel="g (e²/h per spin)", xlim=(-1, 1))
    right.legend(frameon=False, fontsize=8)
    figure.tight_layout()
    figure.savefig(HERE / "ring.png", dpi=110)


def draw_billiard(found):
    """Draw local density of states and resonances of the cavity."""
    cavity, levels, length = found["cavity"], found["levels"], 40
    energies = np.linspace(*WINDOW, 501)
    members = [(cavity, float(energy)) for energy in energies]
    g = np.exp([one.ln_g[0, 0] for one in qt.scattering_family(members, [length], [0], 1)])
    peak = float(energies[g.argmax()])
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 3.6), width_ratios=(1.15, 1))
    sample = qt.sample_with_leads(cavity, peak, length, [0], 1)
    density = observe.local_density_of_states(sample)[:, 0]
    image = left.imshow(
        pictured(density, cavity.missing_sites(0, length)), origin="lower", cmap="magma"
    )
    figure.colorbar(image, ax=left, label="local density of states (1/t)", shrink=0.8)
    left.set(title=f"E = {peak:.4f} t", xlabel="x (sites)", ylabel="y (sites)")
    right.plot(energies, g, lw=1)
    inside = levels[(levels > WINDOW[0]) & (levels < WINDOW[1])]
    right.plot(inside, np.full(len(inside), -0.05), "|", color="black", label="levels when closed")
    right.annotate(
        "", (peak, g.max() + 0.01), (peak, g.max() + 0.15), arrowprops={"arrowstyle": "->"}
    )
    right.set(xlabel="energy (t)", ylabel="g (e²/h per spin)", xlim=WINDOW, ylim=(-0.1, 1.35))
    right.locator_params(axis="x", nbins=5)
    right.legend(frameon=False, fontsize=8, loc="upper right")
    figure.tight_layout()
    figure.savefig(HERE / "billiard.png", dpi=110)


if __name__ == "__main__":
    defined = page()
    draw_ring(defined)
    draw_billiard(defined)
