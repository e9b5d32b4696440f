"""qtcore: quantum transport through ensembles of disordered wires.

The physics (`Wire`, `scattering`, `ln_conductance`, ...) is imported at once; `run`, `open` and
what belongs to workflows bring Dask and xarray along and are imported when first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from qtcore._version import __version__
from qtcore.errors import InputError, QtcoreError
from qtcore.model.disorder import (
    Binary,
    Box,
    Cauchy,
    Correlated,
    Fixed,
    Gaussian,
    RemoteImpurities,
    Vacancies,
)
from qtcore.model.gates import Billiard, Constriction, CoshBarrier, RectangularBarrier, Saddle
from qtcore.model.lattice import Chain, Cubic, Custom, Honeycomb, Square
from qtcore.model.terms import BHZ, QWZ, Ando, Haldane, KaneMele, Rashba, Zeeman
from qtcore.model.wire import Wire
from qtcore.solve.choice import choose
from qtcore.solve.scattering import (
    Scattering,
    ln_conductance,
    ln_transmission_eigenvalues,
    open_channels,
    scattering,
)

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
    "BHZ",
    "QWZ",
    "Ando",
    "Billiard",
    "Binary",
    "Box",
    "Cauchy",
    "Chain",
    "Check",
    "Constriction",
    "Correlated",
    "CoshBarrier",
    "Cubic",
    "Custom",
    "Fixed",
    "Gaussian",
    "Haldane",
    "Honeycomb",
    "InputError",
    "KaneMele",
    "Preset",
    "QtcoreError",
    "Rashba",
    "RectangularBarrier",
    "RemoteImpurities",
    "Saddle",
    "Scattering",
    "Square",
    "Vacancies",
    "Wire",
    "Workflow",
    "Zeeman",
    "__version__",
    "check",
    "choose",
    "figure",
    "list_workflows",
    "ln_conductance",
    "ln_transmission_eigenvalues",
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
