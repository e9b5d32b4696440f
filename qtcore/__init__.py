"""qtcore: quantum transport through ensembles of disordered wires.

Everything is imported when it is first used: the physics (`Wire`, `scattering`, `ln_conductance`,
...) brings Numba along; `run`, `open` and what belongs to workflows Dask and xarray.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from qtcore import sweep as _sweep
from qtcore._version import __version__
from qtcore.answers.registered import with_xarray
from qtcore.callable_package import callable_as
from qtcore.shown import pictures_from

if TYPE_CHECKING:
    from qtcore import estimate, observe, theory
    from qtcore.answers.answered import export, table
    from qtcore.answers.compare import compare
    from qtcore.answers.merge import merge
    from qtcore.answers.plots import plot
    from qtcore.api import (
        check,
        extend,
        figure,
        open,
        plan,
        plan_extension,
        reproduce,
        rerun,
        run,
        source,
        status,
        sweep,
        timeline,
    )
    from qtcore.cluster.catalog import clusters
    from qtcore.cluster.connect import client
    from qtcore.cluster.script import job_script
    from qtcore.errors import InputError, QtcoreError
    from qtcore.estimate.estimate import Estimate
    from qtcore.estimate.missing import Missing
    from qtcore.explorer.calls import explore
    from qtcore.figures.line import Line
    from qtcore.figures.map import Map
    from qtcore.figures.steps import Steps
    from qtcore.health import doctor
    from qtcore.model.conserved import Conserved, SpinAlong
    from qtcore.model.disorder import (
        Binary,
        Box,
        Cauchy,
        Correlated,
        Fixed,
        Gaussian,
        MagneticImpurities,
        Profile,
        RandomFlux,
        RandomHopping,
        RandomPhase,
        RandomSU2,
        RemoteImpurities,
        Vacancies,
        WithMatrix,
    )
    from qtcore.model.gates import Billiard, Constriction, CoshBarrier, RectangularBarrier, Saddle
    from qtcore.model.hall_bars import Cross, FourProbe, HallBar
    from qtcore.model.interaction import (
        ContactInteraction,
        CoulombInteraction,
        NeighbourInteraction,
    )
    from qtcore.model.kwant_ensemble import KwantEnsemble, OnSites
    from qtcore.model.kwant_system import KwantSystem
    from qtcore.model.lattice import Chain, Cubic, Custom, Honeycomb, Square
    from qtcore.model.structure import (
        ChangedBond,
        ChangedBonds,
        FluxTube,
        LocalField,
        MissingSites,
        Strain,
        TunnelContact,
    )
    from qtcore.model.terminals import Bar, EndLead, SideLead, SiteLead
    from qtcore.model.terms import (
        BHZ,
        QWZ,
        Ando,
        ChemicalPotential,
        Dresselhaus,
        Haldane,
        KaneMele,
        PWavePairing,
        Rashba,
        SWavePairing,
        Zeeman,
    )
    from qtcore.model.wire import Wire
    from qtcore.observe.resolved import resolved_matrices, resolved_scattering
    from qtcore.observe.terminals import TerminalScattering, terminal_scattering
    from qtcore.observe.transmission import scattering_matrices
    from qtcore.pictures.show import show
    from qtcore.reports.report import report
    from qtcore.results.check import Check
    from qtcore.results.declare import Bins, Expected, Quantity, together
    from qtcore.results.transition import transition_quantities
    from qtcore.run_result import RunResult
    from qtcore.solve.choice import choose
    from qtcore.solve.closed import closed_sample
    from qtcore.solve.green import sample_with_leads
    from qtcore.solve.irregular import kwant_scattering_matrix
    from qtcore.solve.irregular_sectors import kwant_resolved_matrix
    from qtcore.solve.kwant_sample import kwant_sample
    from qtcore.solve.kwant_scattering import (
        KwantScattering,
        kwant_scattering,
        kwant_scattering_matrices,
    )
    from qtcore.solve.kwant_terminals import KwantTerminals, kwant_terminals
    from qtcore.solve.scattering import (
        Scattering,
        ln_conductance,
        ln_transmission_eigenvalues,
        open_channels,
        scattering,
        scattering_family,
    )
    from qtcore.store.catalog import query
    from qtcore.sweep.axes import Axis, Cases
    from qtcore.sweep.lengths import windows
    from qtcore.sweep.observables import Variable, scattering_variables
    from qtcore.sweep.precision import Goal
    from qtcore.sweep.preset import Constant, Preset
    from qtcore.sweep.readings import Conductance, Resistance, Voltage
    from qtcore.sweep.spec import Point, Sweep
    from qtcore.theory.born import scattering_rates
    from qtcore.theory.chain import edge_anomaly, lloyd_exponent, weak_disorder_exponent
    from qtcore.theory.diffusion import diffusion_constant
    from qtcore.theory.equivalent_channels import localization_length
    from qtcore.theory.field import cyclotron_radius
    from qtcore.theory.rectangle import DiffusiveRectangle
    from qtcore.theory.universal import universal_variance
    from qtcore.theory.weak_strip import weak_strip
    from qtcore.workflow import Workflow
    from qtcore.workflow.dimensions import neighbours, transition_dimensions
    from qtcore.workflow.listing import list_workflows

_PACKAGES = ("estimate", "model", "observe", "solve", "theory")

_LATER = {
    "Ando": "qtcore.model.terms",
    "Axis": "qtcore.sweep.axes",
    "BHZ": "qtcore.model.terms",
    "Bar": "qtcore.model.terminals",
    "Billiard": "qtcore.model.gates",
    "Binary": "qtcore.model.disorder",
    "Bins": "qtcore.results.declare",
    "Box": "qtcore.model.disorder",
    "Cauchy": "qtcore.model.disorder",
    "Cases": "qtcore.sweep.axes",
    "Chain": "qtcore.model.lattice",
    "ChangedBond": "qtcore.model.structure",
    "ChangedBonds": "qtcore.model.structure",
    "Check": "qtcore.results.check",
    "Conductance": "qtcore.sweep.readings",
    "Conserved": "qtcore.model.conserved",
    "ChemicalPotential": "qtcore.model.terms",
    "Constant": "qtcore.sweep.preset",
    "Constriction": "qtcore.model.gates",
    "ContactInteraction": "qtcore.model.interaction",
    "Correlated": "qtcore.model.disorder",
    "CoulombInteraction": "qtcore.model.interaction",
    "CoshBarrier": "qtcore.model.gates",
    "Cross": "qtcore.model.hall_bars",
    "Cubic": "qtcore.model.lattice",
    "Custom": "qtcore.model.lattice",
    "DiffusiveRectangle": "qtcore.theory.rectangle",
    "EndLead": "qtcore.model.terminals",
    "Dresselhaus": "qtcore.model.terms",
    "Estimate": "qtcore.estimate.estimate",
    "Expected": "qtcore.results.declare",
    "Fixed": "qtcore.model.disorder",
    "FluxTube": "qtcore.model.structure",
    "FourProbe": "qtcore.model.hall_bars",
    "Gaussian": "qtcore.model.disorder",
    "Goal": "qtcore.sweep.precision",
    "Haldane": "qtcore.model.terms",
    "HallBar": "qtcore.model.hall_bars",
    "Honeycomb": "qtcore.model.lattice",
    "InputError": "qtcore.errors",
    "KaneMele": "qtcore.model.terms",
    "KwantEnsemble": "qtcore.model.kwant_ensemble",
    "KwantScattering": "qtcore.solve.kwant_scattering",
    "KwantSystem": "qtcore.model.kwant_system",
    "KwantTerminals": "qtcore.solve.kwant_terminals",
    "Line": "qtcore.figures.line",
    "LocalField": "qtcore.model.structure",
    "MagneticImpurities": "qtcore.model.disorder",
    "Map": "qtcore.figures.map",
    "Missing": "qtcore.estimate.missing",
    "explore": "qtcore.explorer.calls",
    "MissingSites": "qtcore.model.structure",
    "NeighbourInteraction": "qtcore.model.interaction",
    "OnSites": "qtcore.model.kwant_ensemble",
    "PWavePairing": "qtcore.model.terms",
    "Point": "qtcore.sweep.spec",
    "Preset": "qtcore.sweep.preset",
    "Profile": "qtcore.model.disorder",
    "QWZ": "qtcore.model.terms",
    "QtcoreError": "qtcore.errors",
    "Quantity": "qtcore.results.declare",
    "RandomFlux": "qtcore.model.disorder",
    "RandomHopping": "qtcore.model.disorder",
    "RandomPhase": "qtcore.model.disorder",
    "RandomSU2": "qtcore.model.disorder",
    "Rashba": "qtcore.model.terms",
    "RectangularBarrier": "qtcore.model.gates",
    "RemoteImpurities": "qtcore.model.disorder",
    "Resistance": "qtcore.sweep.readings",
    "RunResult": "qtcore.run_result",
    "SWavePairing": "qtcore.model.terms",
    "Saddle": "qtcore.model.gates",
    "Scattering": "qtcore.solve.scattering",
    "SpinAlong": "qtcore.model.conserved",
    "SideLead": "qtcore.model.terminals",
    "SiteLead": "qtcore.model.terminals",
    "Square": "qtcore.model.lattice",
    "Steps": "qtcore.figures.steps",
    "Strain": "qtcore.model.structure",
    "Sweep": "qtcore.sweep.spec",
    "TunnelContact": "qtcore.model.structure",
    "TerminalScattering": "qtcore.observe.terminals",
    "Vacancies": "qtcore.model.disorder",
    "Variable": "qtcore.sweep.observables",
    "Voltage": "qtcore.sweep.readings",
    "Wire": "qtcore.model.wire",
    "WithMatrix": "qtcore.model.disorder",
    "Workflow": "qtcore.workflow",
    "Zeeman": "qtcore.model.terms",
    "check": "qtcore.api",
    "choose": "qtcore.solve.choice",
    "client": "qtcore.cluster.connect",
    "closed_sample": "qtcore.solve.closed",
    "compare": "qtcore.answers.compare",
    "clusters": "qtcore.cluster.catalog",
    "cyclotron_radius": "qtcore.theory.field",
    "diffusion_constant": "qtcore.theory.diffusion",
    "doctor": "qtcore.health",
    "export": "qtcore.answers.answered",
    "extend": "qtcore.api",
    "figure": "qtcore.api",
    "job_script": "qtcore.cluster.script",
    "list_workflows": "qtcore.workflow.listing",
    "ln_conductance": "qtcore.solve.scattering",
    "ln_transmission_eigenvalues": "qtcore.solve.scattering",
    "localization_length": "qtcore.theory.equivalent_channels",
    "merge": "qtcore.answers.merge",
    "open": "qtcore.api",
    "open_channels": "qtcore.solve.scattering",
    "sample_with_leads": "qtcore.solve.green",
    "plan": "qtcore.api",
    "plot": "qtcore.answers.plots",
    "query": "qtcore.store.catalog",
    "plan_extension": "qtcore.api",
    "report": "qtcore.reports.report",
    "reproduce": "qtcore.api",
    "rerun": "qtcore.api",
    "resolved_matrices": "qtcore.observe.resolved",
    "resolved_scattering": "qtcore.observe.resolved",
    "run": "qtcore.api",
    "scattering": "qtcore.solve.scattering",
    "scattering_family": "qtcore.solve.scattering",
    "scattering_matrices": "qtcore.observe.transmission",
    "kwant_resolved_matrix": "qtcore.solve.irregular_sectors",
    "kwant_sample": "qtcore.solve.kwant_sample",
    "kwant_scattering": "qtcore.solve.kwant_scattering",
    "kwant_scattering_matrices": "qtcore.solve.kwant_scattering",
    "kwant_scattering_matrix": "qtcore.solve.irregular",
    "kwant_terminals": "qtcore.solve.kwant_terminals",
    "scattering_variables": "qtcore.sweep.observables",
    "scattering_rates": "qtcore.theory.born",
    "show": "qtcore.pictures.show",
    "planned_ratio": "qtcore.sweep.planned_ratio",
    "source": "qtcore.api",
    "status": "qtcore.api",
    "terminal_scattering": "qtcore.observe.terminals",
    "table": "qtcore.answers.answered",
    "timeline": "qtcore.api",
    "together": "qtcore.results.declare",
    "transition_dimensions": "qtcore.workflow.dimensions",
    "transition_quantities": "qtcore.results.transition",
    "neighbours": "qtcore.workflow.dimensions",
    "universal_variance": "qtcore.theory.universal",
    "edge_anomaly": "qtcore.theory.chain",
    "lloyd_exponent": "qtcore.theory.chain",
    "weak_disorder_exponent": "qtcore.theory.chain",
    "weak_strip": "qtcore.theory.weak_strip",
    "windows": "qtcore.sweep.lengths",
}

__all__ = [
    "BHZ",
    "QWZ",
    "Ando",
    "Axis",
    "Bar",
    "Billiard",
    "Binary",
    "Bins",
    "Box",
    "Cases",
    "Cauchy",
    "Chain",
    "ChangedBond",
    "ChangedBonds",
    "Check",
    "ChemicalPotential",
    "Conductance",
    "Conserved",
    "Constant",
    "Constriction",
    "ContactInteraction",
    "Correlated",
    "CoshBarrier",
    "CoulombInteraction",
    "Cross",
    "Cubic",
    "Custom",
    "DiffusiveRectangle",
    "Dresselhaus",
    "EndLead",
    "Estimate",
    "Expected",
    "Fixed",
    "FluxTube",
    "FourProbe",
    "Gaussian",
    "Goal",
    "Haldane",
    "HallBar",
    "Honeycomb",
    "InputError",
    "KaneMele",
    "KwantEnsemble",
    "KwantScattering",
    "KwantSystem",
    "KwantTerminals",
    "Line",
    "LocalField",
    "MagneticImpurities",
    "Map",
    "Missing",
    "MissingSites",
    "NeighbourInteraction",
    "OnSites",
    "PWavePairing",
    "Point",
    "Preset",
    "Profile",
    "QtcoreError",
    "Quantity",
    "RandomFlux",
    "RandomHopping",
    "RandomPhase",
    "RandomSU2",
    "Rashba",
    "RectangularBarrier",
    "RemoteImpurities",
    "Resistance",
    "RunResult",
    "SWavePairing",
    "Saddle",
    "Scattering",
    "SideLead",
    "SiteLead",
    "SpinAlong",
    "Square",
    "Steps",
    "Strain",
    "Sweep",
    "TerminalScattering",
    "TunnelContact",
    "Vacancies",
    "Variable",
    "Voltage",
    "Wire",
    "WithMatrix",
    "Workflow",
    "Zeeman",
    "__version__",
    "check",
    "choose",
    "client",
    "closed_sample",
    "clusters",
    "compare",
    "cyclotron_radius",
    "diffusion_constant",
    "doctor",
    "edge_anomaly",
    "estimate",
    "explore",
    "export",
    "extend",
    "figure",
    "job_script",
    "kwant_resolved_matrix",
    "kwant_sample",
    "kwant_scattering",
    "kwant_scattering_matrices",
    "kwant_scattering_matrix",
    "kwant_terminals",
    "list_workflows",
    "lloyd_exponent",
    "ln_conductance",
    "ln_transmission_eigenvalues",
    "localization_length",
    "merge",
    "neighbours",
    "observe",
    "open",
    "open_channels",
    "plan",
    "plan_extension",
    "plot",
    "query",
    "report",
    "reproduce",
    "rerun",
    "resolved_matrices",
    "resolved_scattering",
    "run",
    "sample_with_leads",
    "scattering",
    "scattering_family",
    "scattering_matrices",
    "scattering_rates",
    "scattering_variables",
    "show",
    "source",
    "status",
    "sweep",
    "table",
    "terminal_scattering",
    "theory",
    "timeline",
    "together",
    "transition_dimensions",
    "transition_quantities",
    "universal_variance",
    "weak_disorder_exponent",
    "weak_strip",
    "windows",
]


# What lies below shows itself with pictures that are made above; nobody else knows both.
pictures_from(lambda: import_module("qtcore.pictures.inline").picture_of)
# `qtcore.sweep` is a package, low down, and a function, which is made above (docs/decisions/0049).
callable_as(_sweep, lambda: import_module("qtcore.sweep_call").sweep)


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return import_module(f"qtcore.{name}")
    if name not in _LATER:
        raise AttributeError(f"module 'qtcore' has no attribute {name!r}")
    found = globals()[name] = getattr(import_module(_LATER[name]), name)
    return found


def __dir__() -> list[str]:
    return sorted(__all__)


# Datasets get the accessor `qt` as soon as xarray is there. To import xarray for it would make `import qtcore` take
# twenty times as long.
with_xarray()
