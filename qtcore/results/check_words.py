"""What stands in the table of checks, in words and for programs."""

import math
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from qtcore.estimate.estimate import EPS, with_error
from qtcore.results.check import Check


def result_text(check: Check) -> str:
    """Show a result with its error, that of rounding at least; a count, and what is exact, has none.

    Of a result below its error no digit is shown that is below that of the error.
    """
    if check.error == 0:
        return f"{check.value:.4g}"
    error = max(check.error, EPS * abs(check.value))
    if error > abs(check.value):
        return with_error(check.value, error)
    return f"{check.value:.4g} ± {error:.2g}"


def interval_text(lower: float, upper: float) -> str:
    """Return the ends of a 95 % interval as they stand behind a result; "" if there is none."""
    if math.isnan(lower) or math.isnan(upper):
        return ""
    ends = (f"{end:.4g}" if math.isfinite(end) else "open" for end in (lower, upper))
    return f" [{' to '.join(ends)}]"


def deviation_text(check: Check) -> str:
    """Show a deviation in standard errors, or as it is, and as a part of what is allowed."""
    if check.reason:
        return "not made"
    difference = check.value - check.expected
    if math.isnan(difference):
        return ""
    if difference == 0:
        return "none"
    shown = f"{check.deviation:+.1f} σ" if math.isfinite(check.deviation) else f"{difference:+.2g}"
    return f"{shown}, {check.used:.0%}" if math.isfinite(check.used) else shown


def power_text(check: Check) -> str:
    """Say from which deviation on a check fails: as a part of theory, or in its unit beside 0."""
    if check.reason:
        return ""
    if check.notices == 0:
        return "any"
    if not check.expected:
        return f"{check.notices:.2g}" + (f" {check.unit}" if check.unit else "")
    if not math.isfinite(percent := 100 * check.notices_part):
        return "–"
    return f"{percent:.{0 if percent >= 10 else 1}f} %" + (" (weak)" if check.is_weak else "")


def checks_as_json(found: Sequence[Check]) -> list[dict[str, Any]]:
    """Return checks for programs, with what follows from them."""
    derived = ("deviation", "used", "notices", "notices_part", "is_weak", "passed")
    return [
        {**asdict(check), **{name: getattr(check, name) for name in derived}} for check in found
    ]
