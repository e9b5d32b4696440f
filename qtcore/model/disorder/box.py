"""Anderson's box disorder."""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from qtcore.errors import InputError, brief
from qtcore.model.checks import finite_number
from qtcore.model.disorder.contract import Address, OnsiteDisorder, site_uniforms
from qtcore.model.lattice.contract import Lattice


@dataclass(frozen=True)
class Box(OnsiteDisorder):
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
                f"disorder strength W must be a number (units of t), got {brief(self.strength)}"
            ) from None
        if not math.isfinite(strength) or strength < 0:
            raise InputError(f"disorder strength W must be >= 0 (units of t), got {strength}")
        strength = finite_number("disorder strength W", strength, "units of t")
        object.__setattr__(self, "strength", strength)

    @property
    def random(self) -> bool:
        """Whether realizations differ."""
        return self.strength > 0

    @property
    def acts(self) -> bool:
        """Whether it changes anything."""
        return self.strength > 0

    @property
    def knows_only_its_site(self) -> bool:
        """Whether it fits sites that lie in no slices."""
        return True

    def ensemble(self) -> dict[str, object]:
        """Return what defines the ensemble apart from the lattice."""
        return {"disorder": "box", "strength": self.strength.hex()}

    def potential(self, lattice: Lattice, address: Address) -> NDArray[np.float64]:
        """Return the values, (slice, site, R), in units of t."""
        # The bits that the compiled `fill_onsite` makes: one rounding, and no negative zero.
        return self.strength * site_uniforms(lattice, address) + 0.0
