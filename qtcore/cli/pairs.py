"""Which points of a sweep share their disorder, in words."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from qtcore.sweep.spec import Sweep


def same_disorder(sweep: "Sweep") -> str:
    """Say along which axes realization n is the same impurities at all points, or at some.

    Nothing is said where nothing is random, and of a function that makes its own randomness.
    """
    from qtcore.sweep.survey import common_axes, partly_common_axes, survey

    keys = survey(sweep).keys
    if sweep.points < 2 or not any(keys):
        return ""
    told = [*common_axes(sweep, keys)]
    told += [f"some values of {name}" for name in partly_common_axes(sweep, keys)]
    random = [key for key in keys if key]
    if not told and len({*random}) < len(random):
        return "no axis (but some points that differ in several have the same)"
    return ", ".join(told) or "no axis (it differs from point to point)"
