"""Kinds of on-site disorder."""

import math
from dataclasses import dataclass

from qtcore.errors import InputError


@dataclass(frozen=True)
class Box:
    """Anderson's box disorder: eps uniform in [-W/2, W/2), variance W²/12.

    Parameters
    ----------
    strength : float
        Full width W of the box, >= 0, in units of t.

    Raises
    ------
    InputError
        If the strength is negative or no finite number.
    """

    strength: float

    def __post_init__(self) -> None:
        try:
            strength = float(self.strength)
        except (TypeError, ValueError):
            raise InputError(
                f"disorder strength W must be a number (units of t), got {self.strength!r}"
            ) from None
        if not math.isfinite(strength) or strength < 0:
            raise InputError(f"disorder strength W must be >= 0 (units of t), got {strength}")
        object.__setattr__(self, "strength", strength)
