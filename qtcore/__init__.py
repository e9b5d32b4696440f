"""qtcore: quantum transport through ensembles of disordered wires.

The physics (`Wire`, `scattering`, `ln_conductance`, ...) is imported at once; `run`, `open` and
what belongs to workflows bring Dask and xarray along and are imported when first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from qtcore._version import __version__
from qtcore.errors import InputError, QtcoreError
from qtcore.model.disorder import Box
from qtcore.model.lattice import Chain, Square
from qtcore.model.wire import Wire
from qtcore.solve.scattering import Scattering, ln_conductance, open_channels, scattering

if TYPE_CHECKING:
    from qtcore.api import check, figure, list_workflows, open, plan, run, status
    from qtcore.workflow import Check, Preset, Workflow

_LATER = {
    "check": "qtcore.api",
    "figure": "qtcore.api",
    "list_workflows": "qtcore.api",
    "open": "qtcore.api",
    "plan": "qtcore.api",
    "run": "qtcore.api",
    "status": "qtcore.api",
    "Check": "qtcore.workflow",
    "Preset": "qtcore.workflow",
    "Workflow": "qtcore.workflow",
}

__all__ = [
    "Box",
    "Chain",
    "Check",
    "InputError",
    "Preset",
    "QtcoreError",
    "Scattering",
    "Square",
    "Wire",
    "Workflow",
    "__version__",
    "check",
    "figure",
    "list_workflows",
    "ln_conductance",
    "open",
    "open_channels",
    "plan",
    "run",
    "scattering",
    "status",
]


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'qtcore' has no attribute {name!r}")
    return getattr(import_module(_LATER[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
