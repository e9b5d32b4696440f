"""`qtcore plot`: a picture of what a store holds, and the files that it is written to."""

import itertools
import logging
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qtcore.answers.plot import Asked, plot
from qtcore.answers.tabulated import needs_analysis
from qtcore.errors import InputError, brief, listed, writing_to
from qtcore.figures.caption import without_value
from qtcore.reports.behind import captions, heading_of, together
from qtcore.reports.conclusion import analysed, refuse_nothing_finished
from qtcore.reports.files import FORMATS, beside
from qtcore.reports.targets import path_named, refuse_unwritable
from qtcore.store.aside import put_whole
from qtcore.store.locate import Location, place_of
from qtcore.store.open import open_dataset
from qtcore.store.place import Place
from qtcore.threads import one_thread
from qtcore.trust import definition_of
from qtcore.workflow import Workflow

if TYPE_CHECKING:
    from qtcore.figures.drawing import Drawing

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plotted:
    """A picture of a store.

    Attributes
    ----------
    drawing : Drawing
        The figure.
    store : Place
        Where its numbers come from.
    """

    drawing: "Drawing"
    store: Place

    def saved(self, to: Path, data: Path) -> list[Path]:
        """Write the picture and the numbers behind it; return the files. What is there is replaced.

        Raises
        ------
        CannotWriteError
            If a folder or a disk does not take them.
        """
        from qtcore.figures.behind import behind
        from qtcore.figures.drawing import content_of

        panels = behind(self.drawing)
        told = captions(panels, heading_of(self.store))
        with writing_to(self.store):
            put_whole(to, content_of(self.drawing, to.suffix.removeprefix(".").lower()))
            put_whole(data, together(panels, told).encode())
        return [to, data]


@one_thread
def plotted(
    store: Location,
    asked: Asked,
    *,
    workflow: str | Path | Workflow | None = None,
    trust: bool = False,
) -> Plotted:
    """Return a picture of a store; the analysis of its definition is made if the picture needs it.

    Parameters
    ----------
    store : str or Path
        A store, complete or not.
    asked : Asked
        What to show.
    workflow, trust
        As in `qtcore.reports.conclusion.concluded`.

    Raises
    ------
    InputError
        If there is no store, or something in it is not there that was asked for, or no realization is
        finished.
    UntrustedDefinitionError
        If a result was asked for and the store's own definition may not run here.
    """
    place = place_of(store)
    dataset = open_dataset(place)
    result = None
    if not asked.hist and needs_analysis(asked.names, dataset):
        result = analysed(definition_of(place, workflow, trust=trust), dataset)
    drawing = plot(dataset, asked, result)
    told = [without_value(one.result, one.panel.quantities) for one in drawing.drawn]
    for sentence in dict.fromkeys(itertools.chain(*told)):
        log.warning("%s", sentence)
    return Plotted(drawing, place)


def paths_of(
    store: Location, asked: Asked, to: str | Path | None, data: str | Path | None, *, force: bool
) -> tuple[Path, Path]:
    """Return where a picture and its numbers go: beside the store unless somebody says otherwise.

    Raises
    ------
    IncompleteError
        If no realization is finished, so that there is nothing to draw.
    InputError
        If a picture cannot have such a format, a folder does not exist, or a file exists and
        may not be replaced.
    """
    refuse_nothing_finished(store)
    place = place_of(store)
    usual = beside(place, f".{_slug(asked)}.png") if to is None else path_named(to)
    table = usual.with_suffix(".csv") if data is None else path_named(data)
    if usual.suffix.lower().removeprefix(".") not in FORMATS:
        endings = listed([f".{one}" for one in FORMATS])
        raise InputError(
            f"a picture ends in {endings}, which is its format; got {brief(str(usual))}"
        )
    if table.suffix.lower() != ".csv":
        raise InputError(f"the numbers behind a picture are a table .csv, got {brief(str(table))}")
    refuse_unwritable(usual, force=force, store=place)
    refuse_unwritable(
        table,
        force=force,
        store=place,
        meant=""
        if data is not None
        else f"the numbers behind {usual.name} go there, or to --data FILE.csv (in Python data=)",
    )
    return usual, table


def _slug(asked: Asked) -> str:
    """Return a name for the picture of what was asked."""
    words = [asked.of, asked.hist and f"hist_{asked.hist}", asked.y, asked.x]
    words += [asked.hue and f"by_{asked.hue}"]
    return "-".join(re.sub(r"\W+", "_", one).strip("_") for one in words if one)
