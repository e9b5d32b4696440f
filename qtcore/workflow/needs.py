"""What an analysis needs of lengths and realizations, told before anything is computed."""

import math
from collections.abc import Sequence
from typing import Any

from qtcore.errors import InputError, brief, command, counted
from qtcore.results.declare import Fewest, fewest_for
from qtcore.sweep.spec import Sweep


def refuse_senseless(workflow: str, fewest: Any, lengths: Any, *, is_fixed: bool) -> None:
    """Raise InputError if what a definition says of realizations or lengths makes no sense."""
    if not callable(fewest) and (not isinstance(fewest, int) or fewest < 1):
        raise InputError(
            f"fewest of {workflow} is a whole number >= 1, or a function of the number of lengths, "
            f"got {brief(fewest)}"
        )
    if is_fixed and lengths is None:
        raise InputError(f"{workflow} has fixed_lengths, but no `lengths` that chooses them")


def refuse_few_realizations(workflow: str, fewest: Fewest, sweep: Sweep, asked: int) -> None:
    """Raise InputError if a point has fewer realizations than its lengths need.

    A point with one realization or none has nothing random, or is left out.

    Parameters
    ----------
    workflow : str
        Its name.
    fewest : int or callable(lengths) -> int
        What a point needs.
    sweep : Sweep
        What would be computed.
    asked : int
        The realizations that were asked for, of which a definition may give points a part.
    """
    worst, more = None, asked
    for point in sweep.all_points():
        needed = fewest_for(fewest, len(point.lengths))
        if 1 < point.realizations < needed:
            wanted = math.ceil(needed * max(asked / point.realizations, 1.0))
            if wanted > more:
                worst, more = point, wanted
    if worst is not None:
        needed = fewest_for(fewest, len(worst.lengths))
        raise InputError(
            f"{workflow} needs at least {needed} realizations for the errors of "
            f"{counted(len(worst.lengths), 'lengths')}, got {worst.realizations} at {worst.label}: ask for "
            f"--realizations {more} or more"
        )


def refuse_unknown_lengths(workflow: str, lengths: Sequence[int], *, known: bool) -> None:
    """Raise InputError for lengths of a function of the user's own, unless it knows any."""
    if not known:
        raise InputError(
            f"{workflow} knows no lengths, got {brief(lengths)}: what its solve() makes has no dimension "
            "`length`; leave --set lengths= out"
        )


def refuse_own_lengths(workflow: str, lengths: Sequence[int]) -> None:
    """Raise InputError for lengths where they follow from the axes."""
    raise InputError(
        f"the lengths of {workflow} follow from its axes and constants, got {brief(lengths)}: leave "
        f"--set lengths= out, and set those instead; `{command('list', workflow)}` shows them"
    )
