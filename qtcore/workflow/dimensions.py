"""Dimensions of results whose entries have names: pairs of neighbouring values, expansions of a fit."""

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

from qtcore.estimate.scaling_function import ScalingOrders
from qtcore.sweep.axes import Axis


def neighbours(axis: str) -> Callable[[Any], Axis]:
    """Return a dimension of results for pairs of neighbouring values of an axis, such as "4 to 6".

    Parameters
    ----------
    axis : str
        A swept axis, of two values at least (`requires` of the definition).
    """

    def made(values: Any) -> Axis:
        ends = pairwise(sorted(getattr(values, axis).tolist()))
        return Axis(labels=[f"{a:g} to {b:g}" for a, b in ends], long_name=f"from {axis} to {axis}")

    return made


def transition_dimensions(orders: Sequence[ScalingOrders]) -> dict[str, Axis]:
    """Return the dimensions of `qt.transition_quantities`: ends of intervals, and expansions.

    Parameters
    ----------
    orders : sequence of ScalingOrders
        What `estimate.transition_numbers` tries.
    """
    names = [f"{one.n_R} {one.n_I} {one.m_R} {one.m_I}" for one in orders]
    return {
        "end": Axis(labels=("lower", "upper"), long_name="end of a 95 % interval"),
        "order": Axis(labels=names, long_name="orders n_R n_I m_R m_I of the expansion"),
    }
