"""Cross-sections of a wire."""

from qtcore.model.checks import whole_number
from qtcore.model.lattice.contract import Bonds, Lattice
from qtcore.model.lattice.cubic import Cubic
from qtcore.model.lattice.custom import Custom
from qtcore.model.lattice.honeycomb import Honeycomb
from qtcore.model.lattice.square import Chain, Square

__all__ = [
    "Bonds",
    "Chain",
    "Cubic",
    "Custom",
    "Honeycomb",
    "Lattice",
    "Square",
    "whole_number",
]
