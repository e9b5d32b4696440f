"""A number that came out, beside what theory says."""

import math
from dataclasses import dataclass

from qtcore.errors import InputError
from qtcore.estimate.estimate import EPS

SIGMAS = 3.0
"""How many standard errors a result may lie outside the band of theory."""

WEAK = 0.2
"""A check that lets pass a result this far from the expected one, as a part of it, is weak."""


@dataclass(frozen=True)
class Check:
    """A number that came out, beside what theory says.

    Attributes
    ----------
    name : str
        What was measured, in words or symbols.
    value, error : float
        The result and its own standard error.
    expected : float
        What theory says.
    tolerance : float
        Half-width of a band around `expected` (same unit) for what the theory leaves out.
    sigmas : float
        How many standard errors of the difference the value may lie outside that band.
    unit, source : str
        Unit, and where the expected value comes from.
    left_out : str
        Which points are compared with nothing, and why; in words, for this row or for all.
    key : str
        Name for programs, the same in every run: `fano[width=40,flux=0.12]`.
    reason : str
        Why there is no result, for a check that fails because of that.
    difference_error : float
        Standard error of the difference to theory, by which deviations are judged; `error` if left
        out. It is another one where theory takes numbers that were measured: smaller if both come
        from the same samples and go together, larger if they do not.
    lower, upper : float
        Ends of the 95 % interval of the result, which need not lie evenly around it; NaN if none is
        stated. The check does not use it.

    Raises
    ------
    InputError
        If a tolerance or an error is below 0, which would take from what is allowed.
    """

    name: str
    value: float
    error: float
    expected: float
    tolerance: float = 0.0
    sigmas: float = SIGMAS
    unit: str = ""
    source: str = ""
    left_out: str = ""
    key: str = ""
    reason: str = ""
    difference_error: float | None = None
    lower: float = math.nan
    upper: float = math.nan

    def __post_init__(self) -> None:
        """Refuse widths below 0."""
        if self.difference_error is None:
            object.__setattr__(self, "difference_error", self.error)
        for words in ("tolerance", "error", "difference_error"):
            if getattr(self, words) < 0:
                raise InputError(
                    f"the {words} of the check {self.name} is a width >= 0, got "
                    f"{getattr(self, words):.4g}"
                )

    @property
    def _sigma(self) -> float:
        """Standard error of the difference; one below the rounding of the numbers is that rounding."""
        given = self.error if self.difference_error is None else self.difference_error
        rounding = EPS * max(abs(self.value), abs(self.expected))
        return max(given, rounding) if given > 0 else given

    @property
    def deviation(self) -> float:
        """How far the value lies from the expected one, in standard errors of the difference."""
        difference = self.value - self.expected
        if self._sigma > 0:
            return difference / self._sigma
        return 0.0 if difference == 0 else math.copysign(math.inf, difference)

    @property
    def notices(self) -> float:
        """How far from the expected value a result must lie for the check to fail, same unit.

        The half-width of the band and `sigmas` standard errors of the difference: what the check has the power to
        see. A result that is off by less passes, whatever the reason.
        """
        return self.tolerance + self.sigmas * self._sigma

    @property
    def used(self) -> float:
        """The deviation as a part of `notices`: the check fails above 1. NaN where nothing is allowed."""
        return abs(self.value - self.expected) / self.notices if self.notices else math.nan

    @property
    def notices_part(self) -> float:
        """`notices` as a part of the expected value; NaN if 0 is expected."""
        return self.notices / abs(self.expected) if self.expected else math.nan

    @property
    def is_weak(self) -> bool:
        """Whether a result may be off by more than `WEAK` of the expected one and still pass."""
        return self.notices_part > WEAK

    @property
    def passed(self) -> bool:
        """Whether the value lies in the band, or within `sigmas` standard errors of it."""
        return abs(self.value - self.expected) <= self.notices
