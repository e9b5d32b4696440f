"""Masked entries of a model's arrays have no value: they are refused, never read."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import qtcore as qt

HIDDEN = np.ma.array([[0.0, 7.0], [7.0, 0.0]], mask=[[False, True], [True, False]])
OPEN = np.ma.array(HIDDEN.data)


def potential_of(values: Any) -> Any:
    wire = qt.Wire(qt.Square(2), gates=(lambda x, y: values[: len(x)],))  # noqa: ARG005 - elementwise
    return wire.onsite(0, range(2), 1)


MAKERS: dict[str, Callable[[Any], Any]] = {
    "Fixed": qt.Fixed,
    "h of Custom": lambda m: qt.Custom(m, np.eye(2)),
    "v of Custom": lambda m: qt.Custom(np.eye(2), m),
    "positions": lambda m: qt.Custom(np.eye(2), np.eye(2), positions=m),
    "gate": potential_of,
    "h of SiteLead": lambda m: qt.SiteLead([(0, 0), (0, 1)], m, np.eye(2)),
    "v of SiteLead": lambda m: qt.SiteLead([(0, 0), (0, 1)], np.eye(2), m),
    "Conserved": qt.Conserved,
    "WithMatrix": lambda m: qt.WithMatrix(qt.Box(1.0), m),
}


@pytest.mark.parametrize("maker", MAKERS)
def test_masked_entries_are_refused(maker: str) -> None:
    with pytest.raises(qt.InputError, match="has masked entries; give every entry a number"):
        MAKERS[maker](HIDDEN)
    MAKERS[maker](OPEN)  # nothing masked: an array like any other


def test_billiards_take_no_masked_answer() -> None:
    inside = np.ma.array([[True, True], [True, True]], mask=[[False, True], [False, False]])
    gate = qt.Billiard(lambda x, y: inside)  # noqa: ARG005 - elementwise
    with pytest.raises(qt.InputError, match="inside of a Billiard returned has masked"):
        qt.Wire(qt.Square(2), gates=(gate,)).onsite(0, range(2), 1)


@pytest.mark.parametrize("value", [np.ma.masked, np.complex64(1), np.datetime64("2020"), b"1"])
def test_single_numbers_that_are_none(value: Any) -> None:
    with pytest.raises(qt.InputError, match="flux must be a number"):
        qt.Wire(qt.Square(3), flux=value)
    with pytest.raises(qt.InputError, match=r"width .* must be a whole number >= 1"):
        qt.Square(value)
