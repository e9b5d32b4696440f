"""Rows of the table of checks, from quantities that have a theory."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from qtcore.estimate.estimate import Array, Estimate, as_estimate
from qtcore.results.check import SIGMAS, Check
from qtcore.results.declare import Quantity
from qtcore.results.places import labels, named_places
from qtcore.results.table import Table

UNMEASURED = "no stage of `measure` returned it"
NO_NUMBER = (
    "the result is not a number, and the definition does not say why (its author would by qt.Missing, or "
    "by qt.Expected(…, where=…) where there is nothing to compare)"
)
NO_BAND = "the band of theory, `left_out` of qt.Expected, is {}; it is a half width, a number >= 0"
NO_RATIO = (
    'theory is 0 here, so that a ratio to it says nothing; compare with check="each" or "worst"'
)
NO_THEORY = "theory is not a number here: say where it holds, with qt.Expected(…, where=…)"


SIDES = {"worst": 0, "largest": 1, "smallest": -1}
"""Rows of the entry that lies farthest outside: on either side, above, below."""


def rows_of(table: Table) -> list[Check]:
    """Return the checks of all quantities that have a theory, in the order of their declaration."""
    rows: list[Check] = []
    for quantity in table.quantities.values():
        if quantity.name not in table.theory or quantity.check == "none":
            continue
        if quantity.name not in table.found:
            if (why := _compared_nowhere(table, quantity.name)) is None:
                rows.append(_failed(quantity, "", "", UNMEASURED))
            else:
                told = f"{quantity.sign} ({why})" if why else quantity.sign
                table.notes.append(f"Compared with no theory: {told}.")
            continue
        beside = _Compared(table, quantity)
        made = list(_rows(beside))
        if not made and (told := _not_compared(beside)):
            table.notes.append(f"Compared with no theory: {told}.")
        rows += made
    return rows


def _compared_nowhere(table: Table, name: str) -> str | None:
    """Return why a quantity that no stage measured is compared nowhere; None if it is somewhere."""
    compared = table.compared[name]
    if (table.theory[name].asked & (compared.values > 0)).any():
        return None
    return "; ".join(dict.fromkeys(map(str, compared.reasons[compared.reasons != ""])))


def notes_of(table: Table) -> list[str]:
    """Return where quantities that have no theory are missing, and why; a sentence for each reason."""
    found: dict[tuple[str, str], list[str]] = {}
    for name, column in table.found.items():
        quantity = table.quantities[name]
        if name in table.theory and quantity.check != "none":
            continue
        # Of a point that is missing all is missing: bins and lengths of its own do not count.
        own = tuple(n for n, d in enumerate(column.dims) if d not in table.swept.axes)
        dims = [d for d in column.dims if d in table.swept.axes]
        asked = np.asarray(column.asked.any(axis=own))
        fine = np.asarray((column.asked & (column.reasons == "")).any(axis=own))
        for why in dict.fromkeys(column.reasons[column.reasons != ""].tolist()):
            mask = np.asarray((column.reasons == why).any(axis=own))
            where = f" at {named_places(table, dims, mask, fine, int(asked.sum()))}" if dims else ""
            found.setdefault((where, why), []).append(quantity.sign)
    return [f"Missing{where} ({why}): {', '.join(signs)}." for (where, why), signs in found.items()]


class _Compared:
    """A quantity beside its theory, flattened to the entries that are compared."""

    def __init__(self, table: Table, quantity: Quantity) -> None:
        found, theory = table.found[quantity.name], table.theory[quantity.name]
        self.dims, self.quantity, self.table = found.dims, quantity, table
        self.value = found.estimate
        law = theory.estimate if theory.has_error else as_estimate(theory.values)
        self.law = law
        self.left_out: Array = table.left_out[quantity.name].values
        is_asked = theory.asked & found.asked
        self.mask: NDArray[np.bool_] = (table.compared[quantity.name].values > 0) & is_asked
        is_found = np.isfinite(found.values)
        is_told = is_found | (found.reasons != "")
        self.skipped: NDArray[np.bool_] = (
            is_asked & ~self.mask & np.isfinite(theory.values) & is_told
        )
        self.why_found, self.why_theory = found.reasons, theory.reasons
        compared = table.compared[quantity.name].reasons
        self.why_skipped: NDArray[Any] = np.where(is_found, compared, found.reasons)
        self._interval = table.found.get(quantity.interval)

    def interval(self, place: tuple[int, ...]) -> tuple[float, float]:
        """Return the ends of the 95 % interval of an entry; NaN if there is none."""
        if self._interval is None:
            return np.nan, np.nan
        lower, upper = self._interval.values[place]
        return float(lower), float(upper)

    def lacks(self, place: tuple[int, ...]) -> str:
        """Return why an entry cannot be compared, or nothing."""
        if not np.isfinite(self.value.values[place]):
            return str(self.why_found[place]) or NO_NUMBER
        if not np.isfinite(self.law.values[place]):
            return str(self.why_theory[place]) or NO_THEORY
        if self.quantity.check in ("mean", "average") and not self.law.values[place]:
            return NO_RATIO
        band = float(self.left_out[place])
        return "" if np.isfinite(band) and band >= 0 else NO_BAND.format(f"{band:.4g}")


def _rows(beside: _Compared) -> Iterator[Check]:
    table, quantity = beside.table, beside.quantity
    left_out = _not_compared(beside)
    if quantity.check == "each":
        for place in map(tuple, np.argwhere(beside.mask)):
            yield _one(beside, beside.dims, place, left_out)
        return
    across = quantity.across or beside.dims
    kept = [d for d in beside.dims if d not in across]
    shape = tuple(beside.value.shape[beside.dims.index(d)] for d in kept)
    for number in np.ndindex(*shape):
        chosen = dict(zip(kept, number, strict=True))
        within = np.zeros_like(beside.mask)
        within[tuple(chosen.get(d, slice(None)) for d in beside.dims)] = True
        places = [tuple(place) for place in np.argwhere(beside.mask & within)]
        if not places:
            continue
        key, words = labels(table, kept, number)
        bad = [place for place in places if beside.lacks(place)]
        if bad:
            where = labels(table, beside.dims, bad[0])[1].lstrip(", ")
            more = f" and {len(bad) - 1} more" if len(bad) > 1 else ""
            told = (f"{where}{more}", beside.lacks(bad[0]))
            yield _failed(quantity, key, words, ": ".join(filter(None, told)))
        elif quantity.check in SIDES:
            yield _worst(beside, places, key, words, left_out)
        else:
            yield _mean(beside, places, key, words, left_out)


def _one(
    beside: _Compared,
    dims: Sequence[str],
    place: tuple[int, ...],
    not_compared: str,
    *,
    sigmas: float = SIGMAS,
    name: str = "",
    key: str = "",
) -> Check:
    """Return the row of one entry."""
    quantity = beside.quantity
    own, words = labels(beside.table, dims, place)
    if why := beside.lacks(place):
        return _failed(quantity, own, words, why)
    value, law = beside.value[place], beside.law[place]
    lower, upper = beside.interval(place)
    return Check(
        name or f"{quantity.sign}{words}",
        float(value),
        float(value.error),
        float(law),
        float(beside.left_out[place]),
        sigmas=sigmas,
        unit=quantity.units,
        source=quantity.source,
        left_out=not_compared,
        key=key or f"{quantity.name}{own}",
        difference_error=float((value - law).error if law.error > 0 else value.error),
        lower=lower,
        upper=upper,
    )


def _worst(
    beside: _Compared, places: list[tuple[int, ...]], key: str, words: str, not_compared: str
) -> Check:
    """Return the row of the entry that lies farthest outside, perhaps on one side, for as many as there are.

    The largest of n deviations lies beyond x standard errors n times as often as one of them, so
    that the row allows as many of them as make it fail by chance as rarely as any other row.
    """
    from scipy.special import ndtr, ndtri

    sigmas = float(-ndtri(ndtr(-SIGMAS) / len(places)))

    def used(place: tuple[int, ...]) -> float:
        """Return the deviation as a part of what is allowed."""
        difference = beside.value[place] - beside.law[place]
        allowed = float(beside.left_out[place]) + sigmas * float(difference.error)
        side = SIDES[beside.quantity.check]
        off = side * float(difference) if side else abs(float(difference))
        return off / allowed if allowed else np.inf * np.sign(off) if off else 0.0

    worst = max(places, key=used)
    where = labels(beside.table, beside.dims, worst)[1]
    named = f"{beside.quantity.check} {beside.quantity.sign}{words}" + (
        f" (at {where[2:]})" if where else ""
    )
    return _one(
        beside,
        beside.dims,
        worst,
        not_compared,
        sigmas=sigmas,
        name=named,
        key=f"{beside.quantity.name}{key}",
    )


def _mean(
    beside: _Compared, places: list[tuple[int, ...]], key: str, words: str, not_compared: str
) -> Check:
    """Return the row of the mean ratio to theory: by inverse variance, or an average of equals."""
    index = tuple(np.array(places).T) if beside.dims else ()
    value, law, band = beside.value[index], beside.law[index], beside.left_out[index]
    ratio: Estimate = value / law
    errors = ratio.error.ravel()
    are_equal = beside.quantity.check == "average" or not (errors > 0).any()
    weights = np.ones_like(errors) if are_equal else np.where(errors > 0, errors, np.nan) ** -2.0
    weights = np.nan_to_num(weights)
    weights /= weights.sum()
    pooled = (ratio.reshape(errors.size) * weights).sum()
    left_out = float(weights @ (band / np.abs(law.values)).ravel())
    return Check(
        f"{beside.quantity.sign} / theory{words}",
        float(pooled),
        float(pooled.error),
        1.0,
        left_out,
        source=beside.quantity.source,
        left_out=not_compared,
        key=f"{beside.quantity.name}{key}",
    )


def _failed(quantity: Quantity, key: str, words: str, why: str) -> Check:
    """Return the row of what is missing, which fails."""
    return Check(
        f"{quantity.sign}{words}",
        float("nan"),
        0.0,
        float("nan"),
        unit=quantity.units,
        source=quantity.source,
        key=f"{quantity.name}{key}",
        reason=why,
    )


def _not_compared(beside: _Compared) -> str:
    """Say which entries have a theory and are not compared, and why."""
    known = int((beside.skipped | beside.mask).sum())
    told = []
    for why in dict.fromkeys(beside.why_skipped[beside.skipped].tolist()):
        mask = beside.skipped & (beside.why_skipped == why)
        where = f"{beside.quantity.sign} at {named_places(beside.table, beside.dims, mask, beside.mask, known)}"
        told.append(f"{where} ({why})" if why else where)
    return "; ".join(told)
