"""qtcore: quantum transport through ensembles of disordered wires.

The physics (`Wire`, `scattering`, `ln_conductance`, ...) is imported at once; `run`, `open` and
what belongs to workflows bring Dask and xarray along and are imported when first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from qtcore import observe
from qtcore._version import __version__
from qtcore.errors import InputError, QtcoreError
from qtcore.model.disorder import (
    Binary,
    Box,
    Cauchy,
    Correlated,
    Fixed,
    Gaussian,
    RandomFlux,
    RandomHopping,
    RandomPhase,
    RandomSU2,
    RemoteImpurities,
    Vacancies,
)
from qtcore.model.gates import Billiard, Constriction, CoshBarrier, RectangularBarrier, Saddle
from qtcore.model.kwant_system import KwantSystem
from qtcore.model.lattice import Chain, Cubic, Custom, Honeycomb, Square
from qtcore.model.terms import BHZ, QWZ, Ando, Haldane, KaneMele, Rashba, Zeeman
from qtcore.model.wire import Wire
from qtcore.observe.transmission import scattering_matrices
from qtcore.solve.choice import choose
from qtcore.solve.closed import closed_sample
from qtcore.solve.green import open_sample
from qtcore.solve.irregular import scattering_matrix
from qtcore.solve.scattering import (
    Scattering,
    ln_conductance,
    ln_transmission_eigenvalues,
    open_channels,
    scattering,
    scattering_family,
)

if TYPE_CHECKING:
    from qtcore.analysis.check import Check
    from qtcore.api import (
        check,
        figure,
        open,
        plan,
        reproduce,
        rerun,
        run,
        source,
        status,
        timeline,
    )
    from qtcore.cluster.catalog import clusters
    from qtcore.cluster.connect import client
    from qtcore.request import list_workflows
    from qtcore.sweep.axes import Axis
    from qtcore.sweep.observables import Variable
    from qtcore.sweep.precision import Goal
    from qtcore.sweep.preset import Preset
    from qtcore.sweep.spec import Point, Sweep
    from qtcore.workflow import Workflow

_LATER = {
    "check": "qtcore.api",
    "client": "qtcore.cluster.connect",
    "clusters": "qtcore.cluster.catalog",
    "figure": "qtcore.api",
    "list_workflows": "qtcore.request",
    "open": "qtcore.api",
    "plan": "qtcore.api",
    "reproduce": "qtcore.api",
    "rerun": "qtcore.api",
    "run": "qtcore.api",
    "source": "qtcore.api",
    "status": "qtcore.api",
    "timeline": "qtcore.api",
    "Axis": "qtcore.sweep.axes",
    "Check": "qtcore.analysis.check",
    "Goal": "qtcore.sweep.precision",
    "Point": "qtcore.sweep.spec",
    "Preset": "qtcore.sweep.preset",
    "Sweep": "qtcore.sweep.spec",
    "Variable": "qtcore.sweep.observables",
    "Workflow": "qtcore.workflow",
}

__all__ = [
    "BHZ",
    "QWZ",
    "Ando",
    "Axis",
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
    "Goal",
    "Haldane",
    "Honeycomb",
    "InputError",
    "KaneMele",
    "KwantSystem",
    "Point",
    "Preset",
    "QtcoreError",
    "RandomFlux",
    "RandomHopping",
    "RandomPhase",
    "RandomSU2",
    "Rashba",
    "RectangularBarrier",
    "RemoteImpurities",
    "Saddle",
    "Scattering",
    "Square",
    "Sweep",
    "Vacancies",
    "Variable",
    "Wire",
    "Workflow",
    "Zeeman",
    "__version__",
    "check",
    "choose",
    "client",
    "closed_sample",
    "clusters",
    "figure",
    "list_workflows",
    "ln_conductance",
    "ln_transmission_eigenvalues",
    "observe",
    "open",
    "open_channels",
    "open_sample",
    "plan",
    "reproduce",
    "rerun",
    "run",
    "scattering",
    "scattering_family",
    "scattering_matrices",
    "scattering_matrix",
    "source",
    "status",
    "timeline",
]


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'qtcore' has no attribute {name!r}")
    return getattr(import_module(_LATER[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
