"""Pictures of objects that a notebook shows, as HTML."""

from typing import Any

from qtcore.errors import QtcoreError
from qtcore.model.kwant_ensemble import KwantEnsemble
from qtcore.model.kwant_system import KwantSystem
from qtcore.model.lattice import Lattice
from qtcore.model.terminals import Bar
from qtcore.model.wire import Wire
from qtcore.solve.green import Blocks

DRAWN = Wire | Bar | Lattice | KwantSystem | KwantEnsemble | Blocks
"""What has a picture."""


def picture_of(value: Any) -> str:
    """Return the picture of an object as HTML; nothing if it has none.

    What cannot be drawn, such as a Kwant system without places, has none: a notebook shows its text.
    """
    if not isinstance(value, DRAWN):
        return ""
    from qtcore.pictures.canvas import as_html
    from qtcore.pictures.plot import plot

    try:
        return as_html(plot(value))
    except QtcoreError:
        return ""
