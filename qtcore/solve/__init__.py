"""Solvers: what a wire does to an electron that comes in from a lead."""

from qtcore.lanes import LANES

__all__ = ["LANES"]
