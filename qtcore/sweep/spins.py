"""Which spins a sweep's conductances count: units and words that follow from its wires.

They are chosen when a store is made, which keeps them from then on.
"""

import logging
from dataclasses import replace
from typing import Any

from qtcore.errors import listed
from qtcore.store.arrays import array_document
from qtcore.store.header import Header
from qtcore.store.layout import ArraySpec
from qtcore.sweep.invariants import OF_INVARIANTS
from qtcore.sweep.pairing import OF_PAIRING
from qtcore.sweep.spec import Sweep
from qtcore.sweep.survey import survey
from qtcore.units import Spins, unit_of_g

log = logging.getLogger(__name__)

_CONDUCTANCE, _RESISTANCE = "e²/h", "h/e²"

_COUNTS = frozenset(["T_ij", "ln_T_ij", "N_i"])
"""Sums over modes that have no unit, whose words say which spins they count."""

_OF_HOLES = "ln g, g = Σ Tₙ of electrons and holes, no conductance, waves from the left"


def counted_spins(sweep: Sweep) -> Spins:
    """Return which spins the wires of a sweep count; those with holes do not matter."""
    found = {space.spins for space in survey(sweep).spaces if not space.paired}
    if len(found) > 1:
        return Spins.MIXED
    return Spins.ONE if found == {1} else Spins.BOTH


def stated_outputs(sweep: Sweep) -> tuple[ArraySpec, ...]:
    """Return what a sweep stores, with units and words that say which spins are counted."""
    if not sweep.is_of_wires:
        return sweep.outputs
    return tuple(_stated(sweep, spec) for spec in sweep.outputs)


def stated_channels(sweep: Sweep) -> str:
    """Return what the open modes of a sweep's wires count, in words."""
    spaces = survey(sweep).spaces
    words = "open modes in each lead"
    if not spaces:
        return words
    if any(space.paired for space in spaces):
        everywhere = all(space.paired for space in spaces)
        return f"{words}, electrons and {'holes' if everywhere else 'where there are any holes'}"
    return counted_spins(sweep).words(words)


def _stated(sweep: Sweep, spec: ArraySpec) -> ArraySpec:
    """Return how one array says which spins it counts."""
    spins, words = counted_spins(sweep), str(spec.attributes["long_name"])
    units = spec.attributes["units"]
    if spec.name in OF_PAIRING or spec.name in OF_INVARIANTS:
        return spec  # each electron counts, whatever its spin
    if spec.name == "ln_g" and (kinds := {space.paired for space in survey(sweep).spaces}) != {
        False
    }:
        held = spins.words(_CONDUCTANCE)
        mixture = (
            f"ln g, g in {held}, and with pairing Σ Tₙ of electrons and holes, waves from the left"
        )
        words = _OF_HOLES if kinds == {True} else mixture
    elif units in (_CONDUCTANCE, _RESISTANCE):
        units = spins.unit(units)
    elif spec.name in _COUNTS:
        words = spins.words(words)
    else:
        words = words.replace(f"in {_CONDUCTANCE}", f"in {spins.words(_CONDUCTANCE)}")
    return replace(spec, attributes={**spec.attributes, "units": units, "long_name": words})


def warn_of_other_units(sweep: Sweep, header: Header) -> None:
    """Say where a store's units are not those that its wires have by now, or ever had.

    A store keeps its attributes: those who read it rely on them.
    """
    wrong = []
    for spec in stated_outputs(sweep):
        stored = array_document(header, spec.name).get("attributes", {})
        if _units(stored) != _units(spec.attributes):
            wrong.append(f"{spec.name} ({spec.attributes['long_name']}; {_units(spec.attributes)})")
    if wrong:
        log.warning(
            "%s states other units than its wires have, and keeps them as they were written: %s",
            header.place,
            listed(wrong),
        )


def _units(attributes: dict[str, Any]) -> str:
    """Return the unit of an array, or of what it is the logarithm of."""
    return str(attributes.get("units") or "") or unit_of_g(str(attributes.get("long_name")))
