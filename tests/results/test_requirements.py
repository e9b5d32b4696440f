"""What an analysis needs of a sweep is said with options that can be pasted."""

import re

import pytest

from qtcore.errors import PASTED, InputError
from qtcore.results.declare import Quantity
from qtcore.results.validate import refuse_misfits, refuse_unless_met

CONSTANTS = {"fermi": 0.8}


def said(requires: dict[str, object], **axes: tuple[float, ...]) -> str:
    """Return what is said of a sweep."""
    with pytest.raises(InputError) as refused:
        refuse_unless_met("mine", requires, 8, axes, CONSTANTS, 100)
    return str(refused.value)


def options(words: str) -> list[list[float]]:
    """Return the values of the options in a message."""
    return [
        [float(one) for one in given.split(",")]
        for given in re.findall(r"--set \w+=([\d.,e+-]+)", words)
    ]


def test_a_value_that_is_missing_is_added_or_the_axis_moved() -> None:
    energies = tuple(1.16 + 2e-4 * k for k in (0, 1, 3, 6, 13, 20, 27, 34, 41, 45, 49, 50))
    requires = {"energy": ("fermi",)}
    words = said(requires, energy=energies)
    assert "…" not in words.partition("add it")[2]
    added, moved = options(words)
    assert added == pytest.approx([0.8, *energies], rel=1e-11)
    assert moved == pytest.approx([one - 0.36 for one in energies], rel=1e-9)
    for values in (added, moved):  # pasted, each is accepted
        refuse_unless_met("mine", requires, 8, {"energy": tuple(values)}, CONSTANTS, 100)


def test_an_axis_is_not_moved_away_from_what_else_is_needed() -> None:
    words = said({"flux": (0.0, "fermi")}, flux=(0.0, 0.1))
    assert options(words) == [[0.8, 0.0, 0.1]]
    assert "move" not in words
    # A number that the definition itself names is to be added.
    assert "move" not in said({"flux": (0.0,)}, flux=(0.1, 0.2))


def test_many_values_are_not_written_out_and_nothing_is_cut() -> None:
    many = tuple(1.0 + 0.01 * k for k in range(PASTED + 1))
    words = said({"energy": ("fermi",)}, energy=many)
    assert words.endswith("add it to the values of --set energy=")
    assert said({"energy": 3}, energy=(1.0, 2.0)).endswith("add some with --set energy=")


@pytest.mark.parametrize(
    ("ends", "words"),
    [
        (
            Quantity("nu_end", ("end",)),
            r"interval 'nu_ends' \(did you mean nu_end\?\), .* declare it",
        ),
        (Quantity("nu_ends"), "has the dimensions none; it needs those of nu and then one of two"),
        (
            Quantity("nu_ends", ("end", "width")),
            r"has the dimensions end, width; .*dims=\('end',\)",
        ),
    ],
)
def test_an_interval_is_a_quantity_with_two_ends(ends: Quantity, words: str) -> None:
    quantities = [Quantity("nu", interval="nu_ends"), ends]
    with pytest.raises(InputError, match=words):
        refuse_misfits("mine", quantities, (), [("width",)], (), ("end",))
    fine = [quantities[0], Quantity("nu_ends", ("end",))]
    refuse_misfits("mine", fine, (), [("width",)], (), ("end",))
