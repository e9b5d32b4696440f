"""Results that were never measured, in the form that panels draw."""

import numpy as np
import xarray as xr

LENGTHS = (10.0, 20.0, 40.0, 80.0, 160.0, 320.0, 640.0)


def wires() -> xr.Dataset:
    """Two widths, two fields; lengths of their own for each width; theory known exactly."""
    result = xr.Dataset(
        coords={
            "width": ("width", [2, 4], {"units": "sites", "symbol": "M"}),
            "flux": ("flux", [0.0, 0.45], {"units": "h/e", "symbol": "Φ"}),
            "length": ("length", list(LENGTHS), {"units": "sites", "long_name": "length"}),
            "fermi": 0.45,
        }
    )
    dims = ("width", "flux", "length")
    length, width = np.array(LENGTHS), np.array([2.0, 4.0])[:, None, None]
    law = 1 / (1 + length / width) * np.array([1.0, 1.2])[:, None]
    # Every second length belongs to the other width.
    own = (np.arange(7) % 2 == np.arange(2)[:, None, None]) & np.ones((1, 2, 1), dtype=bool)
    result["g"] = dims, np.where(own, 1.1 * law, np.nan), {"symbol": "⟨g⟩", "units": "e²/h"}
    result["g_error"] = dims, np.where(own, 0.05 * law, np.nan)
    result["g_theory"] = dims, np.where(own, law, np.nan)
    result["g_left_out"] = dims, np.where(own, 0.1 * law, np.nan)
    result["g_compared"] = dims, np.where(own, length > 30, np.nan)
    result["s"] = dims, length / width + 0 * law, {"symbol": "L / l_0"}
    result["channels"] = "width", [1.0, 3.0], {"symbol": "N"}
    result["xi"] = ("width", "flux"), [[2.0, 2.1], [4.0, 6.2]], {"symbol": "ξ / l_0"}
    result["xi_error"] = ("width", "flux"), np.full((2, 2), 0.1)
    result["xi_theory"] = ("width", "flux"), [[2.0, 2.0], [4.0, 6.0]]
    return result


def spacings() -> xr.Dataset:
    """Return a density over bins of unequal widths with a gap, for three strengths."""
    lower, upper = np.array([0.0, 0.5, 2.0, 3.0]), np.array([0.5, 1.0, 3.0, 6.0])
    result = xr.Dataset(
        coords={
            "disorder": ("disorder", [1.0, 2.0, 3.0], {"units": "t", "symbol": "W"}),
            "spacing": ("spacing", (lower + upper) / 2, {"symbol": "s"}),
            "spacing_lower": ("spacing", lower),
            "spacing_upper": ("spacing", upper),
        }
    )
    heights = np.array([0.8, 0.6, 0.2, 0.1]) * np.array([1.0, 0.9, 0.8])[:, None]
    dims = ("disorder", "spacing")
    result["density"] = dims, heights, {"symbol": "P(s)"}
    result["density_error"] = dims, 0.1 * heights
    result["density_theory"] = "spacing", [0.9, 0.6, 0.2, 0.1]
    return result


def contact() -> xr.Dataset:
    """Return a conductance over gate, energy and disorder, with a level of the contact."""
    gate, energy = np.linspace(0.1, 0.7, 7), np.linspace(-3.5, -3.1, 5)
    result = xr.Dataset(
        coords={
            "disorder": ("disorder", [0.0, 0.2, 0.6], {"units": "t", "symbol": "W"}),
            "energy": ("energy", energy, {"units": "t", "symbol": "E"}),
            "gate": ("gate", gate, {"units": "t", "symbol": "V_0"}),
            "fermi": energy[3],
        }
    )
    g = (energy[:, None] + 4 - gate) * (1 - result["disorder"].to_numpy()[:, None, None])
    result["g"] = ("disorder", "energy", "gate"), g, {"symbol": "g", "units": "2e²/h"}
    result["level"] = ("n", "gate"), gate - np.array([4.0, 3.9])[:, None]
    return result


def cases() -> xr.Dataset:
    """Return cases with labelled coordinates, as an irregular sweep has them."""
    result = xr.Dataset(
        coords={
            "case": ("case", ["plain, 30", "plain, 60", "Ando, 30", "Ando, 60"]),
            "symmetry": ("case", ["plain", "plain", "Ando", "Ando"], {"symbol": "disorder"}),
            "side": ("case", [30, 60, 30, 60], {"units": "sites", "symbol": "M"}),
        }
    )
    result["sigma"] = "case", [2.9, 2.6, 3.2, 3.4], {"symbol": "σ", "units": "e²/h"}
    result["sigma_error"] = "case", [0.1, 0.1, 0.1, 0.1]
    result["sigma_theory"] = "case", [2.8, 2.6, 3.3, 3.4]
    return result
