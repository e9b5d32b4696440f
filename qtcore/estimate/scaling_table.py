"""The table of expansions that were tried for a scaling function."""

from typing import NamedTuple

import numpy as np

from qtcore.estimate.scaling_function import ScalingOrders


class TriedOrders(NamedTuple):
    """A row of the table of expansions that were tried.

    Attributes
    ----------
    orders : ScalingOrders
    parameters, degrees : int
        Number of parameters, and degrees of freedom.
    reduced : float
        χ² over what is expected; NaN if no fit was found.
    probability : float
        How often χ² of a right model would be as large.
    critical, nu, irrelevant : float
        What came out; the last one is the exponent y, NaN without an irrelevant variable.
    why : str
        Why there is no fit, or "chosen".
    """

    orders: ScalingOrders
    parameters: int
    degrees: int
    reduced: float
    probability: float
    critical: float
    nu: float
    irrelevant: float
    why: str = ""

    def __str__(self) -> str:
        start = f"{self.orders!s:>12} {self.parameters:3d} parameters"
        if np.isnan(self.reduced):
            return f"{start}: {self.why}"
        return (
            f"{start}: χ²/⟨χ²⟩ = {self.reduced:.2f}, p = {self.probability:.2g}, x_c = "
            f"{self.critical:.4g}, ν = {self.nu:.3f} {self.why}".rstrip()
        )
