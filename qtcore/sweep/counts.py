"""How many lengths, realizations, points and seeds a sweep takes."""

from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from qtcore.solve.arguments import increasing
from qtcore.sweep.validation import is_many, several, whole

LARGEST_SEED = 2**63 - 1

MOST_REALIZATIONS = 10**8
"""Of a point: their numbers alone are a coordinate of 800 MB, which the driver and every reader
hold in memory (docs/scale.md)."""

MOST_POINTS = 10**7
"""Of a sweep; each is looked at before the first task."""

LONGEST_WIRE = 10**12
"""Slices. Sites are numbered through all slices in 64 bits, and eight strips of width 4 with this length
take a day already."""

Count = Annotated[int, BeforeValidator(whole), Field(ge=1)]


def _within_reach(lengths: tuple[int, ...]) -> tuple[int, ...]:
    if lengths and lengths[-1] > LONGEST_WIRE:
        raise ValueError(f"at most {LONGEST_WIRE:,} slices")
    return lengths


Lengths = Annotated[
    tuple[Count, ...],
    BeforeValidator(several),
    AfterValidator(increasing),
    AfterValidator(_within_reach),
    Field(description="strictly increasing whole numbers >= 1 (slices)"),
]

Samples = Annotated[int, BeforeValidator(whole), Field(ge=0)]

Realizations = Annotated[
    int | tuple[Samples, ...],
    BeforeValidator(lambda given: tuple(several(given)) if is_many(given) else whole(given)),
    Field(description="a whole number >= 1"),
]
