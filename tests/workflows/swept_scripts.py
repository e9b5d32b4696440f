"""Scripts that call `qt.sweep`."""

from collections.abc import Callable
from typing import Any

HEAD = """
import numpy as np
import qtcore as qt

WIDEST = 2.0
OPTIONS = dict(cluster="threads", progress=False, realizations=4, lengths=(8, 16))


def ribbon(width, energy, strength=WIDEST):
    return qt.Wire(qt.Square(width), disorder=qt.Box(strength))

"""

SWEPT = "qt.sweep(ribbon, width=(2, 3), energy=(0.1, 0.7), **OPTIONS)"

Script = Callable[[str], dict[str, Any]]
