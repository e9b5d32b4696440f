"""Draw the pictures of docs/how-to/pictures.md: `python docs/figures/pictures.py`, some seconds."""

from pathlib import Path

import qtcore as qt

HERE = Path(__file__).parent


def main():
    """Draw both."""
    ribbon = qt.Wire(qt.Honeycomb(12), qt.Vacancies(0.02))
    qt.plot.currents(ribbon, energy=0.4, length=30).savefig(HERE / "ribbon_currents.png")
    bar = qt.HallBar(24, probes=(6, 26), lead_width=8, disorder=qt.Box(0.3), flux=0.05)
    qt.plot.density(bar, energy=-3.4).savefig(HERE / "hall_density.png")


if __name__ == "__main__":
    main()
