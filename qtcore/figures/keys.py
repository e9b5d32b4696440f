"""What colours, markers and lines mean: the entries of legends."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qtcore.figures.curves import MARKERS, Arranged
from qtcore.figures.style import FAINT, INK, ordered_colours
from qtcore.figures.words import QUANTITY, case_texts, named_value, sign, value_texts, word

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.artist import Artist


DASHES: tuple[Any, ...] = ("-", (0, (5, 2)), (0, (1.5, 1.5)), (0, (5, 1.5, 1.5, 1.5)))

MOST = 8
"""More colours than this stand in a colour bar, more markers are not listed."""


OPEN = 4
"""So many values are listed for the open markers, which all look alike."""

GUIDE = "guide"
"""Mark of the artists that a guide is made of."""


@dataclass(frozen=True)
class Entry:
    """One line of a legend: a marker, a line, or (without both) a patch, which may have an outline."""

    label: str
    colour: str = FAINT
    marker: str = ""
    face: str = ""
    line: Any = ""
    alpha: float = 1.0
    outline: Any = ""

    def handle(self) -> "Artist":
        """Return the artist that a legend shows."""
        from matplotlib.lines import Line2D
        from matplotlib.patches import Patch

        if not self.marker and not self.line:
            if self.outline:
                inside = (self.colour, self.alpha)
                outline = {"edgecolor": self.colour, "linestyle": self.outline, "linewidth": 0.9}
                return Patch(facecolor=inside, label=self.label, **outline)
            return Patch(facecolor=self.colour, alpha=self.alpha, linewidth=0, label=self.label)
        return Line2D(
            [],
            [],
            color=self.colour,
            marker=self.marker or "none",
            markerfacecolor=self.face or self.colour,
            markeredgewidth=0.7,
            linestyle=self.line or "none",
            label=self.label,
        )


@dataclass(frozen=True)
class Section:
    """Entries of one kind, and what they are values of.

    Attributes
    ----------
    about : str
        What tells these sections apart from others.
    title : str
        "" where the entries say all.
    """

    about: str
    title: str
    entries: tuple[Entry, ...]

    def within(self, other: "Section") -> bool:
        """Whether all of this stands in another section too."""
        same = (self.about, self.title) == (other.about, other.title)
        return same and {*self.entries} <= {*other.entries}


@dataclass(frozen=True)
class Look:
    """Colour, marker, face and dashes of a curve."""

    colour: str
    marker: str
    face: str
    dashes: Any


class Looks:
    """How the curves of a panel are told apart.

    Parameters
    ----------
    arranged : Arranged
        What is coded by colour, marker and fill.
    """

    def __init__(self, arranged: Arranged) -> None:
        self.codes, self.values, self.seen = arranged.codes, arranged.values, arranged.seen
        coded = self.codes.get("colour", "")
        self.shades = shades(len(self.values.get(coded, [0])))

    def of(self, ranks: Mapping[str, int], several: bool = False) -> Look:
        """Return the look of a curve; ink for a line through points of `several` colours."""
        coded = {kind: ranks.get(name, 0) for kind, name in self.codes.items()}
        marker = coded.get("marker", 0)
        colour = INK if several else self.shades[coded.get("colour", 0)]
        face = "white" if coded.get("fill", 0) else colour
        return Look(colour, MARKERS[marker % len(MARKERS)], face, DASHES[marker % len(DASHES)])

    def is_long(self) -> bool:
        """Whether there are so many colours that they stand in a bar."""
        coded = self.codes.get("colour", "")
        return coded != QUANTITY and len(self.values.get(coded, ())) > MOST

    def sections(
        self, result: "xr.Dataset", labels: Mapping[str, str], drawn: str = "points"
    ) -> tuple[Section, ...]:
        """Return what the legend says of the codes that have several values.

        Parameters
        ----------
        result : xarray.Dataset
        labels : mapping
            Other words for names.
        drawn : str
            What bears the colours: "points", "lines" or "areas".
        """
        found: dict[str, list[str]] = {}
        for kind, name in self.codes.items():
            if len(self.seen[name]) > 1 and not (kind == "colour" and self.is_long()):
                found.setdefault(name, []).append(kind)
        alone = len(found) == 1
        made = []
        for name, kinds in found.items():
            entries = self._entries(
                result, name, kinds, labels, drawn if alone or drawn != "points" else "squares"
            )
            # Colours need a title; of markers, each entry says what it is a value of.
            of_cases = case_texts(result, name, self.values[name], labels)
            titled = "colour" in kinds and name != QUANTITY and not of_cases
            made.append(Section(name, word(result, name, labels) if titled else "", entries))
        return tuple(made)

    def _entries(
        self,
        result: "xr.Dataset",
        name: str,
        kinds: Sequence[str],
        labels: Mapping[str, str],
        drawn: str,
    ) -> tuple[Entry, ...]:
        ranks = self.seen[name]
        if "colour" not in kinds:
            ranks = ranks[:MOST]
        values = [self.values[name][rank] for rank in ranks]
        texts = value_texts(values)
        if name == QUANTITY:
            texts = [sign(result, str(value), labels) for value in values]
        if cases := case_texts(result, name, values, labels):
            texts = cases
        elif "colour" not in kinds and all(not isinstance(v, str) for v in values):
            texts = [named_value(result, name, text, labels) for text in texts]
        if kinds == ["fill"] and len(texts) > 2:
            # All but the first look alike.
            others = [
                *(cases or value_texts(values))[2:OPEN],
                *(["…"] if len(values) > OPEN else []),
            ]
            texts = [texts[0], ", ".join([texts[1], *others])]
        made = []
        for rank, text in zip(ranks, texts, strict=False):
            look = self.of({name: rank})
            if "colour" not in kinds and drawn == "lines" and "marker" in kinds:
                made.append(Entry(text, FAINT, line=look.dashes))
            elif "colour" not in kinds:
                face = "white" if "fill" in kinds and rank else FAINT
                marker = look.marker if "marker" in kinds else "D"
                made.append(Entry(text, FAINT, marker, face))
            elif drawn == "lines":
                made.append(Entry(text, look.colour, line=look.dashes))
            elif drawn == "areas":
                made.append(Entry(text, look.colour, alpha=0.2, outline=look.dashes))
            else:
                # A square stands for a colour where other codes decide on the marker.
                marker = "s" if drawn == "squares" and "marker" not in kinds else look.marker
                made.append(Entry(text, look.colour, marker, look.face))
        return tuple(made)


def shades(count: int) -> list[str]:
    """Return so many colours, dark to light."""
    colours = ordered_colours(range(max(count, 1)))
    return [colours[n] for n in range(max(count, 1))]


THEORY = Section("theory", "", (Entry("theory", line="-"),))

DOTS: Any = (0, (1, 2))

DOTTED = Section("theory", "", (Entry("theory", line=DOTS),))
"""Where another quantity is the full line."""

CROSSES = Section("theory", "", (Entry("theory", INK, marker="x"),))
"""Where points are joined and theory is known at some of them only."""

LEFT_OUT = Section("left out", "", (Entry("left out by theory", alpha=0.35),))
