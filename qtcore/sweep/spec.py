"""What to sweep: a frozen, validated, serialisable value."""

import hashlib
import itertools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from qtcore.errors import InputError
from qtcore.model.disorder import Box
from qtcore.model.lattice import Square
from qtcore.model.wire import Wire

LARGEST_SEED = 2**63 - 1

N = TypeVar("N", float, int)


def one_or_many(values: Any) -> Any:
    """Let a single number stand for an axis with one value."""
    return (values,) if isinstance(values, int | float | str) else values


def _distinct(values: tuple[N, ...]) -> tuple[N, ...]:
    if len(set(values)) < len(values):
        raise ValueError("the same value came twice")
    return values


def increasing(values: tuple[int, ...]) -> tuple[int, ...]:
    """Return the lengths if they increase strictly; for validators."""
    for before, after in itertools.pairwise(values):
        if after <= before:
            word = "repeated" if after == before else "not sorted"
            raise ValueError(f"{after} after {before} is {word}")
    return values


def _positive_zero(value: float) -> float:
    # -0.0 == 0.0, but they read differently and would hash differently.
    return value + 0.0


Finite = Annotated[float, Field(allow_inf_nan=False), AfterValidator(_positive_zero)]
NotNegative = Annotated[float, Field(ge=0, allow_inf_nan=False), AfterValidator(_positive_zero)]
AtLeastOne = Annotated[int, Field(ge=1)]

Disorders = Annotated[
    tuple[NotNegative, ...],
    BeforeValidator(one_or_many),
    AfterValidator(_distinct),
    Field(min_length=1, description="numbers >= 0 (full width W of the box, units of t)"),
]
Widths = Annotated[
    tuple[AtLeastOne, ...],
    BeforeValidator(one_or_many),
    AfterValidator(_distinct),
    Field(min_length=1, description="whole numbers >= 1 (sites across)"),
]
Fluxes = Annotated[
    tuple[Finite, ...],
    BeforeValidator(one_or_many),
    AfterValidator(_distinct),
    Field(min_length=1, description="finite numbers (h/e, see flux_unit)"),
]
Energies = Annotated[
    tuple[Finite, ...],
    BeforeValidator(one_or_many),
    AfterValidator(_distinct),
    Field(min_length=1, description="finite numbers (units of t)"),
]
Lengths = Annotated[
    tuple[AtLeastOne, ...],
    BeforeValidator(one_or_many),
    AfterValidator(increasing),
    Field(min_length=1, description="strictly increasing whole numbers >= 1 (sites)"),
]


@dataclass(frozen=True)
class Point:
    """One point of the swept grid.

    Attributes
    ----------
    number : int
        Position in C order over (disorder, width, flux, energy).
    index : tuple of int
        Position on each swept axis.
    disorder, flux, energy : float
        Full width W of the box (t), flux per plaquette (h/e), energy (t).
    width : int
        Sites across.
    span : (int, int)
        Window [lo, hi) of the sweep's lengths that is computed here.
    lengths : tuple of int
        The lengths in that window (sites).
    """

    number: int
    index: tuple[int, int, int, int]
    disorder: float
    width: int
    flux: float
    energy: float
    span: tuple[int, int]
    lengths: tuple[int, ...]

    @property
    def label(self) -> str:
        """The point in the words of its axes."""
        return f"W = {self.disorder:g}, width {self.width}, flux {self.flux:g}, E = {self.energy:g}"


class Sweep(BaseModel):
    """A sweep over disorder, width, flux, energy, length and disorder realizations.

    Constructing it checks it and computes nothing.

    Parameters
    ----------
    workflow : str
        Name of the workflow that it belongs to.
    disorder, width, flux, energy : tuple of numbers
        Swept axes: full width W of the box (t), sites across, flux (h/e), energy (t).
    lengths : tuple of int
        All lengths (sites), strictly increasing.
    spans : tuple of (int, int), optional
        For each point in C order the window [lo, hi) of `lengths` that is computed there; all
        lengths everywhere if left out.
    realizations : int
        Disorder realizations per point.
    seed : int
        Seed of the disorder.
    lattice, periodic, field_in_leads
        The wire: square lattice, closed to a cylinder or hard walls, field in the leads too.
    flux_unit : {"plaquette", "strip"}
        Whether `flux` counts h/e per plaquette or through a square of width × width sites.

    Raises
    ------
    InputError
        Naming each wrong field, what is allowed and what came.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    workflow: Annotated[str, Field(min_length=1, description="name of the workflow")]
    lattice: Literal["square"] = "square"
    periodic: bool = Field(default=False, description="true or false")
    field_in_leads: bool = Field(default=True, description="true or false")
    disorder: Disorders
    width: Widths
    flux: Fluxes
    flux_unit: Literal["plaquette", "strip"] = "plaquette"
    energy: Energies
    lengths: Lengths
    spans: tuple[tuple[int, int], ...] | None = Field(
        default=None, description="one window [lo, hi) of the lengths for each point"
    )
    realizations: int = Field(ge=1, description="a whole number >= 1")
    seed: int = Field(ge=0, le=LARGEST_SEED, description="a whole number from 0 to 2^63 - 1")

    def __init__(self, **fields: Any) -> None:
        try:
            super().__init__(**fields)
        except ValidationError as error:
            raise InputError(readable(error, type(self))) from None

    @model_validator(mode="after")
    def _spans_fit(self) -> Self:
        if self.spans is None:
            return self
        if len(self.spans) != self.points:
            raise ValueError(
                f"spans: allowed is one window for each of the {self.points} points, "
                f"got {len(self.spans)}"
            )
        for number, (lo, hi) in enumerate(self.spans):
            if not 0 <= lo < hi <= len(self.lengths):
                raise ValueError(
                    f"spans: allowed are windows 0 <= lo < hi <= {len(self.lengths)}, "
                    f"got {(lo, hi)} for point {number}"
                )
        return self

    @classmethod
    def from_fields(cls, fields: dict[str, Any]) -> Self:
        """Make a sweep from its JSON form, such as a store's `spec` attribute."""
        return cls(**fields)

    @property
    def grid(self) -> tuple[int, int, int, int]:
        """Number of values on each swept axis."""
        return len(self.disorder), len(self.width), len(self.flux), len(self.energy)

    @property
    def points(self) -> int:
        """Number of points of the swept grid."""
        a, b, c, d = self.grid
        return a * b * c * d

    @property
    def hash(self) -> str:
        """Identity of the sweep (sha256, hex).

        The number of realizations does not enter: a sweep that is extended stays the same.
        """
        fields = self.model_dump(mode="json", exclude={"realizations"})
        canonical = json.dumps(fields, sort_keys=True, separators=(",", ":"), allow_nan=False)
        return hashlib.sha256(canonical.encode()).hexdigest()

    def point(self, number: int) -> Point:
        """Return point `number` in C order over (disorder, width, flux, energy)."""
        index: list[int] = []
        rest = number
        for size in reversed(self.grid):
            rest, position = divmod(rest, size)
            index.append(position)
        i, j, k, m = reversed(index)
        width = self.width[j]
        area = width * width if self.flux_unit == "strip" else 1
        lo, hi = self.spans[number] if self.spans is not None else (0, len(self.lengths))
        return Point(
            number,
            (i, j, k, m),
            self.disorder[i],
            width,
            self.flux[k] / area,
            self.energy[m],
            (lo, hi),
            self.lengths[lo:hi],
        )

    def all_points(self) -> Iterator[Point]:
        """Yield every point, in C order."""
        return (self.point(number) for number in range(self.points))

    def wire(self, point: Point) -> Wire:
        """Return the wire of a point.

        Raises
        ------
        InputError
            If the model does not allow it, such as a flux that does not fit a cylinder.
        """
        return Wire(
            Square(point.width, periodic=self.periodic),
            Box(point.disorder),
            flux=point.flux,
            field_in_leads=self.field_in_leads,
        )


def readable(error: ValidationError, model: type[BaseModel]) -> str:
    """Say a pydantic error in the words of the fields: what is allowed, what came."""
    lines = []
    for problem in error.errors(include_url=False):
        name = str(problem["loc"][0]) if problem["loc"] else ""
        field = model.model_fields.get(name)
        came = problem.get("input")
        reason = str(problem["msg"]).removeprefix("Value error, ")
        if not name:
            lines.append(reason)
        elif problem["type"] == "extra_forbidden":
            known = ", ".join(model.model_fields)
            lines.append(f"unknown field {name!r}; allowed are {known}")
        elif problem["type"] == "missing":
            hint = f" ({field.description})" if field and field.description else ""
            lines.append(f"{name} is missing{hint}")
        else:
            allowed = field.description if field and field.description else None
            took = f"{name} takes {allowed}" if allowed else f"{name}: {reason.lower()}"
            detail = f" ({reason})" if problem["type"] == "value_error" else ""
            lines.append(f"{took}, got {came!r}{detail}")
    return "\n".join(dict.fromkeys(lines))


def differences(stored: dict[str, Any], asked: Sweep) -> list[str]:
    """Return one line for each field in which a stored sweep differs from the one asked for.

    The number of realizations may differ: that is an extension.
    """
    fields = asked.model_dump(mode="json")
    lines = []
    for name in sorted({*stored, *fields} - {"realizations"}):
        old, new = stored.get(name), fields.get(name)
        if old != new:
            lines.append(f"{name}: the store has {_short(old)}, asked for is {_short(new)}")
    return lines


def _short(value: Any) -> str:
    if isinstance(value, list):
        text = ", ".join(str(v) for v in value[:8])
        return f"{text}, … ({len(value)} values)" if len(value) > 8 else text
    return str(value)
