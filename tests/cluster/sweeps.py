"""Sweeps of the shipped workflow: arguments of `qt.run`."""

from typing import Any

SMALL: dict[str, Any] = {
    "settings": {"disorder": (1.0,), "width": (1, 2), "flux": (0.0,), "lengths": (10, 100)},
    "realizations": 2000,
    "seed": 7,
}
"""Tenths of a second."""

SEVERAL: dict[str, Any] = {
    "settings": {"disorder": (1.0,), "width": (8,), "flux": (0.0,), "lengths": (100, 500)},
    "realizations": 40_000,
    "seed": 7,
}
"""Seconds: several tasks for each worker."""

LARGE: dict[str, Any] = {
    "settings": {"disorder": (1.0,), "width": (8,), "flux": (0.0,), "lengths": (100, 3000)},
    "realizations": 60_000,
    "seed": 7,
}
"""Long enough for something to happen meanwhile."""
