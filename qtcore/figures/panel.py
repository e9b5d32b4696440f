"""A panel: what stands on the axes, and all that every kind of panel has."""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import KW_ONLY, dataclass, field
from textwrap import fill
from typing import TYPE_CHECKING, Any, ClassVar, NoReturn

import numpy as np

from qtcore.errors import InputError, brief, listed
from qtcore.figures.accepted import as_row, is_count, is_number, is_row, is_text
from qtcore.figures.choice import AbsentValueError, chosen, refuse_choice
from qtcore.figures.keys import Section
from qtcore.figures.legends import Asked, put_legend
from qtcore.figures.recorded import Drawn, record
from qtcore.figures.style import FAINT
from qtcore.figures.ticks import plain_ticks
from qtcore.figures.words import (
    TIED,
    choice_text,
    number_text,
    readable,
    sign,
    unit_of,
    with_unit,
    word,
)

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes


SCALES = ("linear", "log")

Limits = tuple[float | None, float | None]

_NAMED = re.compile(r"\{(\w+)\}")
"""A name in the note of a panel."""

_INCH = 19
"""Letters of a note on an inch."""


@dataclass(frozen=True)
class Panel(ABC):
    """What stands on the axes; `Line`, `Steps` and `Map` say how it is drawn.

    Parameters
    ----------
    y : str or tuple of str
        One quantity, or several in one panel.
    x : str, optional
        A dimension, a coordinate or a quantity; the longest dimension of `y` if left out.
    at : mapping, optional
        Chosen values of other dimensions: a value, "first", "middle" or "last" (of those that
        were measured), a tuple of values, a slice, or the name of a constant.
    xscale, yscale : str
        "linear" or "log".
    xlim, ylim : tuple of two numbers
        None at an end leaves it free.
    reverse : bool
        Whether x falls to the right, as a gate that opens a contact.
    labels : mapping, optional
        Other words for names, unit included; "x" and "y" are the axes themselves.
    note : str, optional
        Stands above the panel; what `at` chose, if left out. The name of a quantity in braces
        stands for its value where `at` chooses, with error and unit: "found: {resistance}". If it
        has several values there, all are told, with their places.
    legend : bool
        Whether the panel says what its colours, markers and lines mean.
    needs : mapping, optional
        How many values dimensions must have for the panel to be drawn at all: {"energy": 3} leaves it
        out of the figure of a sweep at one energy.
    inset : Panel, optional
        A second panel inside, at `inset_at`: left, bottom, width and height in units of the axes.
    """

    y: str | tuple[str, ...]
    x: str = ""
    _: KW_ONLY
    at: Mapping[str, Any] = field(default_factory=dict)
    xscale: str = "linear"
    yscale: str = "linear"
    xlim: Limits = (None, None)
    ylim: Limits = (None, None)
    reverse: bool = False
    labels: Mapping[str, str] = field(default_factory=dict)
    note: str = ""
    legend: bool = True
    needs: Mapping[str, int] = field(default_factory=dict)
    inset: "Panel | None" = None
    inset_at: tuple[float, float, float, float] = (0.5, 0.5, 0.48, 0.42)

    KINDS: ClassVar[tuple[str, ...]] = ()
    """What the panel can tell curves apart by, of "colour", "marker" and "fill"."""

    def __post_init__(self) -> None:
        """Refuse what no result can make right."""
        if not isinstance(self.y, str):
            object.__setattr__(self, "y", as_row(self.y))
        if not self.quantities or not all(is_text(name) and name for name in self.quantities):
            self.refuse(f"y is {brief(self.y)}; it must be the name of a quantity, or several")
        if len({*self.quantities}) < len(self.quantities):
            self.refuse(f"y names a quantity twice: {listed(self.quantities)}")
        if not is_text(self.x):
            self.refuse(f"x is {brief(self.x)}; it must be a name")
        refuse_choice(self.title, self.at)
        for axis in "xy":
            self._refuse_scale(axis, getattr(self, f"{axis}scale"), getattr(self, f"{axis}lim"))
        for name, text in self.labels.items():
            if not is_text(name) or not is_text(text):
                self.refuse(f"labels[{name!r}] is {brief(text)}; names and labels are texts")
        for name, count in self.needs.items():
            if not (is_text(name) and is_count(count)):
                self.refuse(
                    f"needs[{name!r}] is {brief(count)}; it says how many values a dimension must have, "
                    "a whole number from 1 on"
                )
        if not isinstance(self.inset, Panel | None):
            self.refuse(f"inset is {brief(self.inset)}; it must be a panel")
        if not is_row(self.inset_at, 4) or not all(map(is_number, self.inset_at)):
            self.refuse(
                f"inset_at is {brief(self.inset_at)}; it must be (left, bottom, width, height)"
            )
        for kind, name in self.coded.items():
            if not is_text(name):
                self.refuse(f"{kind} is {brief(name)}; it must be the name of a dimension")
            if name == self.x:
                self.refuse(f"x and {kind} are both {name!r}; curves along x cannot differ in it")
        if self.KINDS and len(self.quantities) > 1 and {*self.coded} == {*self.KINDS}:
            self.refuse(
                f"y names several quantities, and {listed(self.KINDS)} are taken, so that "
                "nothing tells the quantities apart; leave one of these out"
            )

    @property
    def quantities(self) -> tuple[str, ...]:
        """The names of all quantities of the panel."""
        return as_row(self.y)

    @property
    def coded(self) -> dict[str, str]:
        """What colour, marker and fill stand for, as far as they are used."""
        return {kind: name for kind in self.KINDS if (name := getattr(self, kind))}

    @property
    def title(self) -> str:
        """The panel in the words of a message."""
        return f"the panel {type(self).__name__}({self.y!r})"

    def refuse(self, reason: str) -> NoReturn:
        """Raise InputError with the panel in front of the reason."""
        raise InputError(f"{self.title}: {reason}")

    def uses(self) -> Mapping[str, tuple[str, ...]]:
        """Return the names of quantities or dimensions that each field of the panel asks for."""
        named = tuple(_NAMED.findall(self.note))
        return {"y": self.quantities, "x": (self.x,) if self.x else (), "note": named}

    def is_wanted(self, result: "xr.Dataset") -> bool:
        """Return whether dimensions have as many values as the panel needs."""
        return all(result.sizes.get(name, 1) >= count for name, count in self.needs.items())

    def lacks(self, result: "xr.Dataset") -> str:
        """Return which value that `at` names a result does not have, in a sentence; "" if it has all.

        Names that the result does not know are left to `draw`, as the coordinates of a sweep alone
        have no bins.
        """
        at = {name: value for name, value in self.at.items() if name in result}
        try:
            chosen(result, at, [name for name in self.quantities if name in result], self.title)
        except AbsentValueError as error:
            return str(error)
        return ""

    def draw(self, axes: "Axes", result: "xr.Dataset") -> None:
        """Draw into axes of the user's own, with a legend where it hides nothing drawn so far.

        Of a panel that is a function, `panels=(function,)`, the legend finds its place after all of
        the figure is drawn.

        Parameters
        ----------
        axes : matplotlib.axes.Axes
        result : xarray.Dataset
            Quantities with their errors and theories, as `qtcore.figures.draw` takes them.
        """
        sections = self.put(axes, result)
        if self.legend:
            put_legend(Asked(axes, sections, self.ylim[1] is None))

    def put(
        self, axes: "Axes", result: "xr.Dataset", outer: "Panel | None" = None
    ) -> tuple[Section, ...]:
        """Draw into axes and return what a legend has to say; `outer` has this one as inset."""
        axes.set(xscale=self.xscale, yscale=self.yscale)
        part = chosen(result, self.at, self.quantities, self.title)
        sections, notes = self._put(axes, part, outer is not None)
        record(Drawn(axes, self, result, sections, notes, outer is not None))
        if not axes.has_data():
            positive = "log" in (self.xscale, self.yscale)
            axes.set(xticks=[], yticks=[])
            axes.text(
                0.5,
                0.5,
                "nothing measured" + (" above 0" if positive and self._measured(part) else ""),
                transform=axes.transAxes,
                ha="center",
                va="center",
                color=FAINT,
            )
        if not self.x_of(part):
            axes.set_xticks([])
        for (low, high), now, put in (
            (self.xlim, axes.get_xlim(), axes.set_xlim),
            (self.ylim, axes.get_ylim(), axes.set_ylim),
        ):
            ends = (now[0] if low is None else low, now[1] if high is None else high)
            if ends not in (now, (ends[0], ends[0])):
                put(*ends)
        if self.reverse:
            axes.invert_xaxis()
        for axis in (axes.xaxis, axes.yaxis):
            plain_ticks(axis, sparse=outer is not None)
        self._name_axes(axes, part, outer)
        if outer is None:
            self._put_note(axes, result, part, notes)
        else:
            axes.tick_params(labelsize=6.5, length=2, pad=2)
        if self.inset is not None and axes.has_data() and not self.inset.lacks(result):
            inside = axes.inset_axes(self.inset_at)
            self.inset.put(inside, result, outer=self)
        return sections

    @abstractmethod
    def _put(
        self, axes: "Axes", part: "xr.Dataset", small: bool
    ) -> tuple[tuple[Section, ...], tuple[str, ...]]:
        """Draw what is measured; return the legend's sections, and what was chosen unasked."""

    def x_of(self, part: "xr.Dataset") -> str:
        """Return what runs along x."""
        if self.x:
            return self.x
        taken = [*self.coded.values()]
        free = [
            str(d)
            for d in part[self.quantities[0]].dims
            if d not in taken and not (d in self.at and part.sizes[d] == 1)
        ]
        return max(free, key=lambda dim: part.sizes[dim], default="")

    def _measured(self, part: "xr.Dataset") -> bool:
        return any(bool(np.isfinite(part[name]).any()) for name in self.quantities)

    def _upward(self) -> Sequence[str]:
        """Return the names that stand on the y axis."""
        return self.quantities

    def _name_axes(self, axes: "Axes", part: "xr.Dataset", outer: "Panel | None") -> None:
        """Label the axes, those of an inset in smaller letters."""
        size: dict[str, Any] = {"fontsize": 6.5, "labelpad": 1} if outer is not None else {}
        axes.set_xlabel(self._label(part, "x", [self.x_of(part)]), **size)
        axes.set_ylabel(self._label(part, "y", self._upward()), **size)

    def _label(self, part: "xr.Dataset", axis: str, names: Sequence[str]) -> str:
        if axis in self.labels and axis not in part:
            return readable(self.labels[axis])
        units = {unit_of(part, name) for name in names if name in part}
        if len(names) > 1 and len(units) == 1 and not {*names} & {*self.labels}:
            return with_unit(", ".join(sign(part, n) for n in names), *units)
        return ", ".join(word(part, name, self.labels) for name in names)

    def _put_note(
        self, axes: "Axes", result: "xr.Dataset", part: "xr.Dataset", notes: Sequence[str]
    ) -> None:
        """Say above the panel what was chosen, in the user's words or by the values."""
        asked = [
            choice_text(result, part, name, self.labels)
            for name in self.at
            if result[name].size > 1 and part[name].size == 1 and self._depends(result, name)
        ]
        own = _NAMED.sub(lambda found: number_text(part, found[1], self.labels), self.note)
        text = ",  ".join([*([readable(own)] if own else asked), *notes])
        text = text.replace(" = ", f"{TIED}={TIED}")
        if text.strip():
            figure = axes.get_figure(root=True)
            inches = axes.get_position().width * (figure.get_figwidth() if figure else 3.5)
            shown = fill(text, max(int(_INCH * inches), 20))
            axes.set_title(shown, fontsize=7, loc="left", color=FAINT)

    def _depends(self, result: "xr.Dataset", name: str) -> bool:
        return any({*result[name].dims} <= {*result[y].dims} for y in self.quantities)

    def _refuse_scale(self, axis: str, scale: Any, limits: Any) -> None:
        if scale not in SCALES:
            self.refuse(f"{axis}scale is {brief(scale)}; allowed are {listed(SCALES)}")
        ends = [end for end in as_row(limits) if end is not None]
        if not is_row(limits, 2) or not all(map(is_number, ends)):
            self.refuse(
                f"{axis}lim is {brief(limits)}; it must be two numbers, None for a free end"
            )
        if len(ends) == 2 and ends[0] == ends[1]:
            self.refuse(f"{axis}lim is {brief(limits)}; its ends must differ")
        if scale == "log" and any(end <= 0 for end in ends):
            self.refuse(f"{axis}lim is {brief(limits)}; on a logarithmic axis both ends are > 0")
