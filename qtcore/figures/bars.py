"""What stands beside the data of a panel: guides, slopes, a bar of colours, an upper axis."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from qtcore.errors import brief
from qtcore.figures.accepted import is_number, is_row, is_text
from qtcore.figures.curves import Arranged, numbers
from qtcore.figures.keys import DASHES, GUIDE, Entry, Looks, Section
from qtcore.figures.panel import Panel
from qtcore.figures.style import FAINT, INK
from qtcore.figures.words import readable, value_texts, word

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

    from qtcore.figures.drawing import Drawing


SAME = 1e-9
"""Values that differ by less than this part are one."""


def refuse_guides(
    panel: Panel, guides: Mapping[Any, Any], slopes: Mapping[Any, Any] | None = None
) -> None:
    """Raise InputError for a guide without a height or a slope without two numbers."""
    for label, height in guides.items():
        if not is_text(label) or not is_number(height):
            panel.refuse(f"guides[{label!r}] is {brief(height)}; it must be a height, a number")
    for label, pair in (slopes or {}).items():
        if not is_text(label) or not is_row(pair, 2) or not all(map(is_number, pair)):
            panel.refuse(f"slopes[{label!r}] is {brief(pair)}; it must be (offset, slope)")


def put_guides(axes: "Axes", guides: Mapping[str, float], small: bool) -> None:
    """Draw horizontal lines; their labels stand outside, where no point can be."""
    for text, height in guides.items():
        if height <= 0 and axes.get_yscale() == "log":
            continue
        axes.axhline(height, color=FAINT, linewidth=0.6, zorder=0, gid=GUIDE)
        if not small:
            axes.annotate(
                readable(text),
                (1, height),
                xytext=(3, 0),
                xycoords=axes.get_yaxis_transform(),
                textcoords="offset points",
                fontsize=7,
                color=FAINT,
                va="center",
                gid=GUIDE,
            )


def put_slopes(axes: "Axes", slopes: Mapping[str, tuple[float, float]]) -> Section:
    """Draw straight lines over the width of the data, and return what the legend says of them."""
    entries = []
    x_is_log, y_is_log = axes.get_xscale() == "log", axes.get_yscale() == "log"
    low, high = axes.dataLim.intervalx
    low = max(low, axes.dataLim.minposx) if x_is_log else low
    if not np.isfinite([low, high]).all():
        return Section("slopes", "", ())
    x = np.geomspace(low, high, 200) if x_is_log else np.linspace(low, high, 200)
    along = np.log(x) if x_is_log else x
    for number, (text, (offset, slope)) in enumerate(slopes.items()):
        with np.errstate(all="ignore"):
            y = offset * x**slope if x_is_log and y_is_log else offset + slope * along
        y = np.where(y > 0, y, np.nan) if y_is_log else y
        dashes = DASHES[(number + 1) % len(DASHES)]
        axes.plot(x, y, color=INK, linestyle=dashes, linewidth=0.9, zorder=4, scaley=False)
        entries.append(Entry(readable(text), INK, line=dashes))
    return Section("slopes", "", tuple(entries))


def colour_bar(axes: "Axes", part: "xr.Dataset", looks: Looks, labels: Mapping[str, str]) -> None:
    """Put a bar beside the panel for colours that are too many for a legend."""
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import ListedColormap, Normalize

    name = looks.codes["colour"]
    values = looks.values[name]
    norm = Normalize(-0.5, len(values) - 0.5)
    figure = axes.get_figure(root=True)
    if figure is None:
        return
    bar = figure.colorbar(
        ScalarMappable(norm, ListedColormap(looks.shades)), ax=axes, pad=0.02, aspect=30
    )
    places = np.unique(np.linspace(0, len(values) - 1, 5).round().astype(int))
    bar.set_ticks(places.tolist(), labels=value_texts([values[n] for n in places]))
    bar.set_label(word(part, name, labels))
    bar.outline.set_visible(False)
    if isinstance(made := getattr(figure, "bars", None), list):
        made.append((axes, bar, (name, *map(str, values))))


def share_bars(figure: "Drawing") -> None:
    """Let one bar of colours stand for several panels whose colours mean the same."""
    if len(figure.bars) < 2 or len({meaning for _, _, meaning in figure.bars}) > 1:
        return
    (_, first, _), *_ = figure.bars
    label, places = first.ax.get_ylabel(), first.get_ticks().tolist()
    texts = [text.get_text() for text in first.ax.get_yticklabels()]
    colours = first.mappable
    for _, bar, _ in figure.bars:
        bar.remove()
    whole = figure.colorbar(colours, ax=figure.lettered, pad=0.02, aspect=40)
    whole.set_ticks(places, labels=texts)
    whole.set_label(label)
    whole.outline.set_visible(False)


def upper_axis(
    axes: "Axes", plan: Arranged, part: "xr.Dataset", name: str, labels: Mapping[str, str]
) -> tuple[str, ...]:
    """Draw a quantity that is monotonic in x as an upper axis; return a note where it is not."""
    import matplotlib as mpl

    shown = word(part, name, labels)
    x, top = (_one_for_each(array, plan.along) for array in (plan.arrays["x"], part[name]))
    if x is None or top is None:
        return (f"no upper axis: {shown} is not one value for each x",)
    there = np.isfinite(x) & np.isfinite(top)
    x, top = x[there][np.argsort(x[there])], top[there][np.argsort(x[there])]
    step = np.diff(top)
    if len(step) == 0 or not ((step > 0).all() or (step < 0).all()) or not (np.diff(x) > 0).all():
        return (f"no upper axis: {shown} does not grow or fall with x",)
    logs = axes.get_xscale() == "log" and (top > 0).all()

    def map_to(new: Any, old: Any) -> Any:
        order = np.argsort(old)
        return lambda values: _extended(np.asarray(values, float), old[order], new[order], logs)

    above = axes.secondary_xaxis("top", functions=(map_to(top, x), map_to(x, top)))
    above.set_xlabel(shown)
    above.tick_params(direction="out", width=mpl.rcParams["xtick.major.width"])
    return ()


def right_axis(axes: "Axes", units: Mapping[str, float]) -> None:
    """Draw an axis at the right with another unit of y: {label: how many of it one of y's is}."""
    import matplotlib as mpl

    def times(factor: float) -> Any:
        return lambda y: y * factor

    for label, many in units.items():
        beside = axes.secondary_yaxis("right", functions=(times(many), times(1 / many)))
        beside.set_ylabel(readable(label))
        beside.tick_params(direction="out", width=mpl.rcParams["ytick.major.width"])


def _one_for_each(array: "xr.DataArray", along: str) -> Any:
    """Return the values along a dimension; None if they differ in another one."""
    if along not in array.dims or array.dtype.kind not in "fiub":
        return None
    rows = numbers(array).transpose(..., along).to_numpy().reshape(-1, array.sizes[along])
    low, high = np.fmin.reduce(rows), np.fmax.reduce(rows)
    return low if not (high - low > SAME * np.abs(high)).any() else None


def _extended(values: Any, old: Any, new: Any, logs: bool) -> Any:
    """Return values mapped from one axis to another, straight on beyond the ends."""
    if logs:
        values = np.log(np.maximum(values, old[0] * 1e-6))
        old, new = np.log(old), np.log(new)
    found = np.interp(values, old, new)
    with np.errstate(all="ignore"):
        for end, inner, outside in ((0, 1, values < old[0]), (-1, -2, values > old[-1])):
            slope = (new[end] - new[inner]) / (old[end] - old[inner])
            found = np.where(outside, new[end] + slope * (values - old[end]), found)
        return np.exp(found) if logs else found
