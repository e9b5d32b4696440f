"""qtcore: quantum transport through ensembles of disordered wires."""

from qtcore._version import __version__
from qtcore.errors import InputError, QtcoreError
from qtcore.model.disorder import Box
from qtcore.model.lattice import Chain, Square
from qtcore.model.wire import Wire
from qtcore.solve.scattering import Scattering, ln_conductance, open_channels, scattering

__all__ = [
    "Box",
    "Chain",
    "InputError",
    "QtcoreError",
    "Scattering",
    "Square",
    "Wire",
    "__version__",
    "ln_conductance",
    "open_channels",
    "scattering",
]
