"""Files that belong to a store and lie beside it: figures and the analysis."""

from pathlib import Path
from typing import TYPE_CHECKING

from qtcore.request import RESULTS
from qtcore.store.folder import Folder
from qtcore.store.place import Place

if TYPE_CHECKING:  # takes longer to import than everything that `qtcore status` needs
    from matplotlib.figure import Figure


def beside(store: Place, suffix: str) -> Path:
    """Return the path of what belongs to a store: beside a folder, in `results` for a URL."""
    name = store.name.removesuffix(".zarr") + suffix
    if isinstance(store, Folder):
        return store.path.with_name(name)
    RESULTS.mkdir(exist_ok=True)
    return RESULTS / name


def save_figure(drawing: "Figure", store: Place, kind: str = "") -> list[Path]:
    """Save a figure beside a store; return the files, `NAME[KIND].png` and `.pdf`."""
    paths = [beside(store, kind + suffix) for suffix in (".png", ".pdf")]
    for path in paths:
        drawing.savefig(path)
    return paths
