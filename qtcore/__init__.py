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
    from qtcore.analysis.born import scattering_rates
    from qtcore.analysis.check import Check
    from qtcore.analysis.field import cyclotron_radius
    from qtcore.analysis.fluctuations import universal_variance
    from qtcore.analysis.lengths import windows
    from qtcore.analysis.rectangles import diffusion_constant
    from qtcore.analysis.theory import localization_length
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
    "Axis": "qtcore.sweep.axes",
    "check": "qtcore.api",
    "Check": "qtcore.analysis.check",
    "client": "qtcore.cluster.connect",
    "clusters": "qtcore.cluster.catalog",
    "cyclotron_radius": "qtcore.analysis.field",
    "diffusion_constant": "qtcore.analysis.rectangles",
    "figure": "qtcore.api",
    "Goal": "qtcore.sweep.precision",
    "list_workflows": "qtcore.request",
    "localization_length": "qtcore.analysis.theory",
    "open": "qtcore.api",
    "plan": "qtcore.api",
    "Point": "qtcore.sweep.spec",
    "Preset": "qtcore.sweep.preset",
    "reproduce": "qtcore.api",
    "rerun": "qtcore.api",
    "run": "qtcore.api",
    "scattering_rates": "qtcore.analysis.born",
    "source": "qtcore.api",
    "status": "qtcore.api",
    "Sweep": "qtcore.sweep.spec",
    "timeline": "qtcore.api",
    "universal_variance": "qtcore.analysis.fluctuations",
    "Variable": "qtcore.sweep.observables",
    "windows": "qtcore.analysis.lengths",
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
    "cyclotron_radius",
    "diffusion_constant",
    "figure",
    "list_workflows",
    "ln_conductance",
    "ln_transmission_eigenvalues",
    "localization_length",
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
    "scattering_rates",
    "source",
    "status",
    "timeline",
    "universal_variance",
    "windows",
]


def __getattr__(name: str) -> Any:
    if name not in _LATER:
        raise AttributeError(f"module 'qtcore' has no attribute {name!r}")
    return getattr(import_module(_LATER[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
