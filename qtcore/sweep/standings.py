"""What a store says of a precision goal: which one it is, and how far its points are."""

import json
import math
from dataclasses import astuple
from typing import Any

from qtcore.errors import InputError
from qtcore.store.document import MOST_BYTES, parsed
from qtcore.store.header import Header, identity_of
from qtcore.store.layout import STANDINGS
from qtcore.store.locate import Location, place_of
from qtcore.store.place import ROOT_METADATA
from qtcore.sweep.precision import PointPrecision, Precision
from qtcore.sweep.spec import Sweep


def stored_precision(attributes: dict[str, Any]) -> Precision | None:
    """Return the goal that a store's attributes name."""
    text = attributes.get("precision", "")
    try:
        return Precision(**parsed(text.encode())) if text else None
    except (ValueError, TypeError) as error:
        raise InputError(
            f"the precision goal in the store's attributes is damaged: {error}"
        ) from None


def write_standings(header: Header, sweep: Sweep, standings: dict[int, PointPrecision]) -> None:
    """Write how far each point is, unless another store has come to lie there meanwhile."""
    place = header.place
    rows: dict[Any, Any] = {
        number: [x if math.isfinite(x) else None for x in astuple(standing)]
        for number, standing in standings.items()
    }
    try:
        content = json.dumps({"grid": sweep.grid, "points": rows})
        if identity_of(place.get(ROOT_METADATA, MOST_BYTES)) == header.identity:
            place.put(STANDINGS, content.encode())
    except OSError:  # a full disk; it is for people to look at, and made anew by the next round
        pass


def read_standings(store: Location, sweep: Sweep) -> dict[int, PointPrecision]:
    """Return how far each point was when the driver last looked; nothing without a goal."""
    try:
        document = parsed(place_of(store).get(STANDINGS, MOST_BYTES + 1) or b"{}")
    except (ValueError, OSError):  # damaged; the next run towards the goal makes it anew
        return {}
    if document.get("grid") != list(sweep.grid):  # other points had these numbers
        return {}
    try:
        return {
            int(number): PointPrecision(
                int(count),
                math.nan if value is None else float(value),
                math.nan if error is None else float(error),
                math.inf if needed is None else float(needed),
            )
            for number, (count, value, error, needed) in document["points"].items()
        }
    except (KeyError, ValueError, TypeError, AttributeError, OverflowError):  # damaged too
        return {}
