"""Files with what stands behind a figure: a table for each panel, and captions in words."""

import csv
import errno
import io
import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

from qtcore._version import __version__
from qtcore.errors import CannotWriteError, listed, writing_to
from qtcore.reports.files import beside
from qtcore.store.aside import put_whole
from qtcore.store.finished import realizations_there
from qtcore.store.header import read_header
from qtcore.store.place import Place
from qtcore.sweep.own_preset import own_preset

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from qtcore.figures.behind import Behind

MARK = "# Numbers behind a panel, written by qtcore"
"""First words of every table: a file without them is somebody else's."""

TABLES, CAPTION = ".panels", ".caption.txt"
"""Endings, behind the name of the store, of the folder of tables and of the text."""


def save_behind(drawing: "Figure", store: Place, heading: str) -> list[Path]:
    """Write captions and tables of a figure beside its store; return the text and the folder.

    They are `NAME.caption.txt`, and `NAME.panels` with `a.csv`, `b.csv`, …. Tables of panels that the
    figure has no more are removed.

    Parameters
    ----------
    drawing : Figure
    store : Place
    heading : str
        What the whole figure is, for the first line of the text.

    Raises
    ------
    CannotWriteError
        If the folder or the disk does not take them, or a table in the folder is not qtcore's own.
    """
    from qtcore.figures.behind import behind

    panels = behind(drawing)
    text, folder = beside(store, CAPTION), beside(store, TABLES)
    with writing_to(store):
        put_whole(text, captions(panels, heading).encode())
        if any(panel.columns for panel in panels):
            folder.mkdir(exist_ok=True)
        tables = {f"{panel.letter}.csv": table(panel) for panel in panels if panel.columns}
        for there in sorted(folder.glob("*.csv")):
            _refuse_foreign(there, store, replaced=there.name in tables)
        for name, content in tables.items():
            put_whole(folder / name, content.encode())
        for there in sorted(folder.glob("*.csv")):
            if there.name not in tables and _is_own(there):
                there.unlink()
    return [text, folder] if tables else [text]


def heading_of(store: Place) -> str:
    """Return what a figure of a store shows, in one sentence for its caption."""
    header = read_header(store)
    attributes, seeds = header.attributes, header.seeds
    there, wanted = realizations_there(store)
    workflow, preset = (str(attributes.get(name) or "") for name in ("workflow", "preset"))
    run = f"{workflow} {own_preset(workflow, preset)}".strip()
    part = f"{there:,}" if there >= wanted else f"{there:,} of {wanted:,}"
    seed = f", {'seed' if len(seeds) == 1 else 'seeds'} {listed(seeds)}" if seeds else ""
    return f"{store.name}: {run}, {part} realizations over all points{seed}."


def captions(panels: "Sequence[Behind]", heading: str) -> str:
    """Return the captions of a figure as one text."""
    told = [heading]
    for panel in panels:
        letter, _, further = panel.letter.partition("-")
        words = f"({letter}){f', {further}:' if further else ''} {panel.caption}"
        told.append(words if len(panels) > 1 else panel.caption)
    return "\n\n".join(fill(one, 100, break_long_words=False) for one in told) + "\n"


def table(panel: "Behind") -> str:
    """Return the numbers of a panel as a CSV table.

    Lines that begin with # say what stands in it: `pandas.read_csv(path, comment="#")` skips them.
    """
    told = [f"# {line}".strip() for line in panel.caption.splitlines()]
    head = [f"{MARK} {__version__}.", *told, "#"]
    head += [f"# {name}: {panel.words.get(name, name)}" for name in panel.columns]
    written = io.StringIO()
    rows = csv.writer(written, lineterminator="\n")
    rows.writerow(panel.columns)
    rows.writerows(
        [_shown(value) for value in row] for row in zip(*panel.columns.values(), strict=True)
    )
    return "\n".join(head) + "\n" + written.getvalue()


def together(panels: "Sequence[Behind]", told: str) -> str:
    """Return the numbers of all panels as one CSV table, with a column for the panel if there are several.

    Parameters
    ----------
    panels : sequence of Behind
    told : str
        The captions, which stand above it.
    """
    if not panels:
        return ""
    names = list(dict.fromkeys(name for panel in panels for name in panel.columns))
    counts = [len(next(iter(panel.columns.values()), ())) for panel in panels]
    columns = {
        name: [
            value
            for panel, count in zip(panels, counts, strict=True)
            for value in panel.columns.get(name, [None] * count)
        ]
        for name in names
    }
    if len(panels) > 1:
        letters = [p.letter for p, count in zip(panels, counts, strict=True) for _ in range(count)]
        columns = {"panel": letters, **columns}
    words = {name: text for panel in reversed(panels) for name, text in panel.words.items()}
    return table(replace(panels[0], caption=told, columns=columns, words=words))


def _shown(value: Any) -> Any:
    """Return a number with all of its digits, nothing for NaN."""
    value = value.item() if hasattr(value, "item") else value
    if isinstance(value, float):
        return "" if math.isnan(value) else repr(value)
    return value


def _is_own(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(MARK)) == MARK.encode()


def _refuse_foreign(path: Path, store: Place, *, replaced: bool) -> None:
    if replaced and not _is_own(path):
        raise CannotWriteError(
            f"{path} is no table that qtcore has written, and is not replaced. What is finished is safe in "
            f"{store}. To go on, move that away and give the same command again",
            errno.EEXIST,
        )
