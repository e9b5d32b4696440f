"""Where legends stand: above the figure if panels share them, else where no point is."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from itertools import pairwise
from string import ascii_lowercase
from typing import TYPE_CHECKING, Literal

import numpy as np

from qtcore.figures.keys import GUIDE, THEORY, Section
from qtcore.figures.legend_above import blank, put_above
from qtcore.figures.ticks import fit_labels, spread_ticks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.backend_bases import RendererBase
    from matplotlib.figure import Figure
    from matplotlib.legend import Legend
    from matplotlib.lines import Line2D
    from matplotlib.path import Path
    from matplotlib.transforms import Bbox


Place = Literal[
    "upper right",
    "upper left",
    "lower left",
    "lower right",
    "upper center",
    "lower center",
    "center right",
    "center left",
]

PLACES: tuple[Place, ...] = (
    "upper right",
    "upper left",
    "lower left",
    "lower right",
    "upper center",
    "lower center",
    "center right",
    "center left",
)
"""Tried in this order."""

TALLEST = 0.45
"""A legend that needs more of the height than this stands beside the panel."""

NARROW, HIGHEST = 0.6, 0.7
"""One that is wider than this part of the panel never stands beside it, and may be higher."""

LONG, SHORT = 5, 15
"""A legend of more entries than this has two columns, if no entry has so many letters."""


@dataclass(frozen=True)
class Asked:
    """A panel that wants a legend.

    Attributes
    ----------
    axes : matplotlib.axes.Axes
    sections : tuple of Section
    grows : bool
        Whether the upper end of the y axis is free, so that there can be room for the legend.
    """

    axes: "Axes"
    sections: tuple[Section, ...]
    grows: bool


_LATER: "ContextVar[list[tuple[Asked, Legend]] | None]" = ContextVar("later", default=None)
"""Legends that find their places when all of a figure is drawn; None where each does at once."""


@contextmanager
def placed_later() -> Iterator[list[Asked]]:
    """Let the legends that `put_legend` makes meanwhile wait; give the panels that want them.

    The list is filled when the block ends. A legend that somebody replaced is not among them.
    """
    made: list[tuple[Asked, Legend]] = []
    asked: list[Asked] = []
    token = _LATER.set(made)
    try:
        yield asked
    finally:
        _LATER.reset(token)
    for axes in dict.fromkeys(panel.axes for panel, _ in made):
        mine = [(panel, legend) for panel, legend in made if panel.axes is axes]
        last = axes.get_legend()
        if last is None or not any(last is legend for _, legend in mine):
            continue
        last.remove()
        sections = tuple(dict.fromkeys(s for panel, _ in mine for s in panel.sections))
        asked.append(Asked(axes, sections, all(panel.grows for panel, _ in mine)))


def put_legend(asked: Asked) -> None:
    """Put the legend of one panel into axes of the user's own, where it hides nothing drawn so far."""
    if not asked.sections:
        return
    legend = _legend(asked.axes, asked.sections)
    later = _LATER.get()
    if later is not None:
        later.append((asked, legend))
        return
    figure = asked.axes.get_figure(root=True)
    if figure is None:
        return
    canvas = figure.canvas
    try:
        _place(asked, legend, _renderer(figure))
    finally:
        figure.set_canvas(canvas)


def _renderer(figure: "Figure") -> "RendererBase":
    """Return what knows the places of all that was drawn, of a figure with a canvas for it."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)
    # The places of axes, and so what a legend would hide, are known only after this.
    figure.draw_without_rendering()
    renderer: RendererBase = figure.canvas.get_renderer()  # type: ignore[attr-defined]  # of Agg
    return renderer


def put_legends(figure: "Figure", asked: Sequence[Asked]) -> None:
    """Put what several panels share above the figure, and the rest inside each panel."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    FigureCanvasAgg(figure)  # measures words
    shared = _shared([panel.sections for panel in asked])
    above = put_above(figure, shared) if shared else None
    own = []
    for panel in asked:
        left = tuple(s for s in panel.sections if not any(s.within(other) for other in shared))
        if left:
            own.append((replace(panel, sections=left), _legend(panel.axes, left)))
    renderer = _renderer(figure)
    if any([fit_labels(axes) for axes in figure.axes]):  # noqa: C419  # of all axes, not until the first
        figure.draw_without_rendering()  # panels are smaller now
    too_large = [(p, one) for p, one in own if _exceeds(one, p.axes, renderer)]
    if too_large:
        own = [one for one in own if one not in too_large]
        for legend in (above, *(legend for _, legend in too_large)):
            if legend is not None:
                legend.remove()
        put_above(figure, [*shared, *(_with_letter(figure, panel) for panel, _ in too_large)])
        renderer = _renderer(figure)
    for axes in figure.axes:
        _spread(axes, renderer)
        for one in (axes, *axes.child_axes):
            spread_ticks(one.xaxis)
    for panel, legend in own:
        _place(panel, legend, renderer)


def _exceeds(legend: "Legend", axes: "Axes", renderer: "RendererBase") -> bool:
    """Return whether a legend is larger than its panel, which it would hide wherever it stood."""
    box, whole = legend.get_window_extent(renderer), axes.get_window_extent(renderer)
    return bool(box.height > whole.height or box.width > whole.width)


def _with_letter(figure: "Figure", panel: Asked) -> Section:
    """Return all that the legend of one panel says, under the letter of the panel."""
    lettered = list(getattr(figure, "lettered", ()))
    several = len(lettered) > 1 and panel.axes in lettered
    letter = f"({ascii_lowercase[lettered.index(panel.axes)]})" if several else ""
    titles = [section.title for section in panel.sections if section.title]
    entries = tuple(entry for section in panel.sections for entry in section.entries)
    return Section("panel", " ".join([letter, "; ".join(titles)]).strip(), entries)


def _shared(panels: Sequence[tuple[Section, ...]]) -> list[Section]:
    """Return the sections that stand in two panels or more, each at its fullest.

    A plain line that is a fit in one panel and theory in another is told in each of them.
    """
    every = [section for sections in panels for section in sections]
    plain = {s.entries for s in every if s.about in ("line", THEORY.about) and _is_plain(s)}
    if len(plain) > 1:
        every = [section for section in every if section.entries not in plain]
    full = [s for s in every if not any(s.within(o) and not o.within(s) for o in every)]
    return [
        section
        for section in dict.fromkeys(full)
        if sum(any(s.within(section) for s in sections) for sections in panels) > 1
    ]


def _is_plain(section: Section) -> bool:
    return any(entry.line == "-" for entry in section.entries)


def _legend(axes: "Axes", sections: Sequence[Section]) -> "Legend":
    """Make the legend of a panel; its place is found later."""
    # Those without a title stand below the others.
    sections = sorted(sections, key=lambda section: not section.title)
    titles = [section.title for section in sections if section.title]
    groups = [[entry.handle() for entry in section.entries] for section in sections]
    if len(titles) > 1:
        groups = [
            [*([blank(s.title)] if s.title else []), *group]
            for s, group in zip(sections, groups, strict=True)
        ]
    handles = [handle for group in groups for handle in group]
    several = len(handles) > LONG and max(len(str(h.get_label())) for h in handles) < SHORT
    if several and len(groups) > 1:
        # The first section fills the first column, the others the second.
        first, rest = groups[0], [handle for group in groups[1:] for handle in group]
        high = max(len(first), len(rest))
        handles = [h for g in (first, rest) for h in (*g, *[blank("")] * (high - len(g)))]
    legend = axes.legend(
        handles=handles,
        loc="upper right",
        title=titles[0] if len(titles) == 1 else None,
        title_fontsize=7.5,
        ncols=2 if several else 1,
        columnspacing=1.0,
        alignment="left",
        borderaxespad=0.3,
        handlelength=1.6,
        labelspacing=0.35,
    )
    legend.set_zorder(5)
    return legend


def _place(panel: Asked, legend: "Legend", renderer: "RendererBase") -> None:
    """Move a legend to where it hides nothing; make room for it above the data if needed."""
    axes = panel.axes
    paths, guides = _drawn(axes, renderer)
    size = legend.get_window_extent(renderer)
    for marked in (False, True):
        hidden = paths if marked else [*paths, *guides]
        for place in PLACES:
            legend.set_loc(place)
            if not _covers(legend.get_window_extent(renderer), hidden):
                if marked:
                    # A guide may run behind, if the words stay readable.
                    _make_readable(legend)
                return
    whole = axes.get_window_extent(renderer)
    part = (size.height + 8) / whole.height
    narrow = size.width < NARROW * whole.width and size.height < whole.height
    if panel.grows and part < (TALLEST if narrow else HIGHEST) and size.width < whole.width:
        _make_room(axes, part)
        legend.set_loc(_emptier(paths, whole))
    elif narrow:
        legend.set_loc("upper left")
        legend.set_bbox_to_anchor((1.03, 1.0))
    else:
        # Beside the panel it would leave nothing of the panel.
        legend.set_loc(_emptier(paths, whole))
        _make_readable(legend)


def _make_readable(legend: "Legend") -> None:
    """Let what is behind a legend shine through only a little."""
    legend.set_frame_on(True)
    legend.get_frame().set(facecolor="white", edgecolor="none", alpha=0.85)


def _spread(axes: "Axes", renderer: "RendererBase") -> None:
    """Move labels of guides apart that would stand on each other."""
    from matplotlib.text import Annotation

    labels = [a for a in axes.texts if a.get_gid() == GUIDE and isinstance(a, Annotation)]
    labels.sort(key=lambda label: label.get_window_extent(renderer).y0)
    for below, label in pairwise(labels):
        hidden = below.get_window_extent(renderer).y1 - label.get_window_extent(renderer).y0
        if hidden >= 0:
            right, up = label.get_position()
            label.set_position((right, up + (hidden + 1) / renderer.points_to_pixels(1)))


def _make_room(axes: "Axes", part: float) -> None:
    """Move the upper end of the y axis so that a part of the axes is free above."""
    low, high = axes.get_ylim()
    if axes.get_yscale() == "log":
        axes.set_ylim(low, low * (high / low) ** (1 / (1 - part)))
    else:
        axes.set_ylim(low, low + (high - low) / (1 - part))


def _emptier(paths: "Sequence[tuple[Path, bool]]", whole: "Bbox") -> Place:
    """Return the upper corner that less was drawn in."""
    from matplotlib.transforms import Bbox

    middle, top = (whole.x0 + whole.x1) / 2, whole.y0 + 0.5 * whole.height
    left = Bbox([[whole.x0, top], [middle, whole.y1]])
    right = Bbox([[middle, top], [whole.x1, whole.y1]])
    many = [
        sum(path.intersects_bbox(box, filled) for path, filled in paths) for box in (left, right)
    ]
    return "upper left" if many[0] < many[1] else "upper right"


def _covers(box: "Bbox", drawn: "Sequence[tuple[Path, bool]]") -> bool:
    return any(path.intersects_bbox(box, filled) for path, filled in drawn)


def _drawn(
    axes: "Axes", renderer: "RendererBase"
) -> "tuple[list[tuple[Path, bool]], list[tuple[Path, bool]]]":
    """Return the outlines of all that was drawn, in pixels, and those of guides.

    Each outline comes with whether it is filled.
    """
    from matplotlib.axes import Axes
    from matplotlib.collections import Collection, PathCollection
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    paths: list[tuple[Path, bool]] = []
    guides: list[tuple[Path, bool]] = []
    for artist in axes.get_children():
        mine = guides if artist.get_gid() == GUIDE else paths
        if isinstance(artist, Line2D):
            mine += _of_line(artist)
        elif isinstance(artist, Patch) and artist is not axes.patch:
            mine.append((artist.get_transform().transform_path(artist.get_path()), True))
        elif isinstance(artist, Collection):
            filled = not isinstance(artist, PathCollection) and bool(len(artist.get_facecolor()))
            move = artist.get_transform()
            mine += [(move.transform_path(path), filled) for path in artist.get_paths()]
        elif isinstance(artist, Axes):
            mine.append((_box(artist.get_tightbbox(renderer) or artist.bbox), True))
    return paths, guides


def _of_line(line: "Line2D") -> "list[tuple[Path, bool]]":
    """Return the outline of a line, or small squares for its points."""
    from matplotlib.path import Path
    from matplotlib.transforms import Bbox

    points = line.get_transform().transform(np.asarray(line.get_xydata(), dtype=float))
    points = points[np.isfinite(points).all(axis=1)]
    found: list[tuple[Path, bool]] = []
    if len(points) > 1 and line.get_linestyle() not in ("None", "none", " ", ""):
        found.append((Path(points), False))
    if line.get_marker() not in ("None", "none", " ", "", None):
        found += [(_box(Bbox.from_bounds(x - 6, y - 6, 12, 12)), True) for x, y in points]
    return found


def _box(bounds: "Bbox") -> "Path":
    from matplotlib.path import Path
    from matplotlib.transforms import BboxTransformTo

    corners = [(0, 0), (1, 0), (1, 1), (0, 1), (0, 0)]
    return Path(BboxTransformTo(bounds).transform(np.array(corners, dtype=float)))
