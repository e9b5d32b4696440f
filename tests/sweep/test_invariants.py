"""Invariants through the engine: the values of the library, flags that are counted, refusals."""

import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qtcore as qt
from qtcore import observe
from qtcore.made_up import made_up
from qtcore.store.verify import verify
from qtcore.sweep.build import make_sweep
from qtcore.sweep.cost import Calibration, measure
from qtcore.sweep.invariants import OF_INVARIANTS
from qtcore.sweep.plan import make_plan
from qtcore.sweep.survey import channels, survey
from qtcore.sweep.task import _suspects
from qtcore.workflow import load

pytestmark = pytest.mark.usefixtures("one_client")

QWZ = (qt.QWZ(1.0, -1.0),)

DEFINITION = """
    import qtcore as qt

    def wire(point):
        '''A torus of a Chern insulator.'''
        return qt.Wire(qt.Square(5, periodic=True), qt.Box(point.disorder), terms=(qt.QWZ(1.0, -1.0),))

    workflow = qt.Workflow(
        "bott", "Bott index", "For tests.",
        {"quick": qt.Preset(disorder=(1.0, 12.0), energy=0.0, lengths=(4, 6), realizations=12)},
        wire=wire,
        observables=("bott_index", "bott_index_branch", "bott_index_gap", "bott_index_suspect"),
    )
"""


def torus(point: Any) -> qt.Wire:
    return qt.Wire(qt.Square(5, periodic=True), qt.Box(point.disorder), terms=QWZ)


def square(point: Any) -> qt.Wire:
    return qt.Wire(qt.Square(8), qt.Box(point.disorder), terms=QWZ)


def tube(point: Any) -> qt.Wire:
    lattice = qt.Square(5, periodic=True)
    return qt.Wire(lattice, qt.Box(point.disorder), terms=QWZ, lead_shift=1.5)


def graphene(point: Any) -> qt.Wire:
    terms = (qt.KaneMele(0.15), qt.Rashba(0.15))
    return qt.Wire(qt.Honeycomb(6, periodic=True), qt.Box(point.disorder), terms=terms)


def dimers(point: Any) -> qt.Wire:
    onsite, ahead = np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[0.0, 0.0], [1.0, 0.0]])
    sample = qt.Custom(0.5 * onsite, ahead)
    return qt.Wire(sample, qt.RandomHopping(point.disorder), lead_lattice=qt.Custom(onsite, ahead))


def sweep_of(wire: Callable[[Any], qt.Wire], *observables: str, **fields: Any) -> qt.Sweep:
    given = {"disorder": 1.0, "energy": 0.0, "lengths": (6,), "realizations": 8}
    return make_sweep("i", qt.Preset(**{**given, **fields}), 1, wire=wire, observables=observables)


def test_a_sweep_stores_the_index_and_what_it_rests_on(define: Callable[..., Path]) -> None:
    path = define(textwrap.dedent(DEFINITION))
    store = path.with_name("a.zarr")
    asked: dict[str, Any] = {"store": store, "cluster": "threads", "progress": False}
    ds = qt.run(path, **asked, realizations=16).load()
    assert "channels" not in ds.coords
    for place, disorder in enumerate((1.0, 12.0)):
        for number, length in enumerate((4, 6)):
            wire = qt.Wire(qt.Square(5, periodic=True), qt.Box(disorder), terms=QWZ)
            found = observe.bott_index(wire, 0.0, length, range(16), 1)
            at = ds.isel(disorder=place, length=number)
            assert np.array_equal(at.bott_index, found.values)
            assert np.array_equal(at.bott_index_branch, found.branch)
            assert np.array_equal(at.bott_index_gap, found.gap)
            assert np.array_equal(at.bott_index_suspect, found.suspect)
    # All of the first point have the same index, and none is taken for a sample that came twice.
    assert (ds.bott_index.isel(disorder=0, length=1) == 1).all()
    assert all(check.passed for check in qt.check(store))
    assert verify(store).findings == []
    assert ds.bott_index_suspect.attrs["flag_meanings"] == "not_computed fine suspect"


@pytest.mark.parametrize(
    ("wire", "name", "compute", "rest"),
    [
        (graphene, "spin_chern_number", lambda w, n: observe.spin_chern_number(w, 0.0, 6, n, 1), ("up", "spin_gap", "suspect")),
        (square, "chern_marker", lambda w, n: observe.chern_marker(w, 0.0, 6, n, 1), ("unresolved", "gap", "suspect")),
        (tube, "charge_pumped", lambda w, n: observe.charge_pumped(w, 0.0, 6, n, 1), ("least_reflection", "largest_step")),
        (dimers, "reflection_sign", lambda w, n: observe.reflection_sign(w, 6, n, 1), ("least_reflection", "suspect")),
    ],
)  # fmt: skip
def test_each_invariant_is_that_of_the_library(
    wire: Callable[[Any], qt.Wire], name: str, compute: Callable[..., Any], rest: tuple[str, ...]
) -> None:
    sweep = sweep_of(wire, name, *(f"{name}_{part}" for part in rest))
    channels(sweep)
    made = sweep.solve(sweep.point(0), range(1, 3))
    found = compute(sweep.wire(sweep.point(0)), range(3))
    assert np.array_equal(made[name][:, 0], found.values[1:])
    for part in rest:
        stored = made[f"{name}_{part}"][:, 0]
        assert np.allclose(stored, getattr(found, part)[1:], rtol=1e-9, atol=1e-12)


def test_every_part_of_what_the_library_returns_can_be_stored() -> None:
    found = {
        "bott_index": observe.bott_index(torus_at(1.0), 0.0, 4, [0], 1),
        "charge_pumped": observe.charge_pumped(tube_at(1.0), 0.0, 4, [0], 1),
        "chern_marker": observe.chern_marker(square_at(1.0), 0.0, 4, [0], 1),
    }
    for function, one in found.items():
        parts = {name for name in vars(one) if name != "values"}
        stored = {n.removeprefix(f"{function}_") for n in OF_INVARIANTS if n.startswith(function)}
        assert parts <= stored


def torus_at(disorder: float) -> qt.Wire:
    return qt.Wire(qt.Square(5, periodic=True), qt.Box(disorder), terms=QWZ)


def tube_at(disorder: float) -> qt.Wire:
    lattice = qt.Square(5, periodic=True)
    return qt.Wire(lattice, qt.Box(disorder), terms=QWZ, lead_shift=1.5)


def square_at(disorder: float) -> qt.Wire:
    return qt.Wire(qt.Square(8), qt.Box(disorder), terms=QWZ)


def test_constants_of_the_preset_reach_the_marker() -> None:
    asked = {"resolution": 0.7, "margin": 1.0}
    sweep = sweep_of(square, "chern_marker", "chern_marker_unresolved", **asked)
    made = sweep.solve(sweep.point(0), range(2))
    found = observe.chern_marker(square_at(1.0), 0.0, 6, range(2), 1, **asked)
    assert np.array_equal(made["chern_marker"][:, 0], found.values)
    assert np.array_equal(made["chern_marker_unresolved"][:, 0], found.unresolved)
    usual = sweep_of(square, "chern_marker")
    assert (usual.solve(usual.point(0), range(2))["chern_marker"] != made["chern_marker"]).all()


def test_invariants_stand_beside_what_passes_from_lead_to_lead() -> None:
    sweep = sweep_of(tube, "ln_g", "charge_pumped")
    assert (channels(sweep) == qt.open_channels(tube_at(1.0), 0.0)).all()
    made = sweep.solve(sweep.point(0), range(8))
    ln_g = qt.ln_conductance(tube_at(1.0), 0.0, [6], range(8), 1)
    assert np.array_equal(made["ln_g"], ln_g)


def test_suspect_flags_are_counted() -> None:
    sweep = sweep_of(torus, "bott_index", "bott_index_suspect")
    flags = np.array([[1], [0], [1], [-1]], dtype=np.int8)
    assert _suspects(sweep, {"bott_index": flags, "bott_index_suspect": flags}) == 2


@pytest.mark.parametrize(
    ("wire", "name", "fields", "words"),
    [
        (square, "bott_index", {}, "a Bott index needs a strip that is closed across"),
        (torus, "bott_index", {"lengths": (2, 6)}, "a periodic sample needs at least 3 slices, got 2"),
        (torus, "chern_marker", {}, "a Chern marker needs open edges"),
        (square, "chern_marker", {"margin": 50.0}, "leaves nothing of a sample"),
        (square, "chern_marker", {"resolution": -1.0}, "resolution must be .* got -1"),
        (square, "chern_marker", {"vectors": 1}, "number of random vectors"),
        (square, "charge_pumped", {"energy": 1.5}, "a flux goes through a tube"),
        (torus, "charge_pumped", {}, "no open channel"),
        (square, "bott_indx", {}, "bott_index, .* got 'bott_indx'"),
    ],
)  # fmt: skip
def test_what_has_no_invariant_is_refused_before_anything_is_computed(
    wire: Callable[[Any], qt.Wire], name: str, fields: dict[str, Any], words: str
) -> None:
    with pytest.raises(qt.InputError, match=words):
        channels(sweep_of(wire, name, **fields))


def test_a_spin_chern_number_needs_a_spin() -> None:
    with pytest.raises(qt.InputError, match="needs electrons with spin"):
        channels(sweep_of(spinless_torus, "spin_chern_number"))


def spinless_torus(point: Any) -> qt.Wire:
    return qt.Wire(qt.Square(5, periodic=True), qt.Box(point.disorder))


def test_the_forecast_grows_as_all_states_of_a_sample_do() -> None:
    small, large = (sweep_of(torus, "bott_index", lengths=(n,)) for n in (20, 40))
    assert survey(small).kinds[0].solver == "closed"
    seconds = [
        make_plan(one, 8).core_seconds - Calibration().block_seconds for one in (small, large)
    ]
    assert 7 < seconds[1] / seconds[0] < 9
    few = make_plan(sweep_of(torus, "bott_index", lengths=(100,)), 8).worker_bytes
    assert few > 12 * 16 * (100 * 10) ** 2
    assert survey(sweep_of(square, "chern_marker")).kinds[0].solver == "marker"


def test_the_calibration_times_small_samples() -> None:
    sweep = sweep_of(torus, "bott_index", lengths=(40,))
    measured = measure(sweep)
    assert 0.01 < measured.factors[survey(sweep).kinds[0]] < 100


def test_a_dry_run_makes_up_invariants(define: Callable[..., Path]) -> None:
    workflow = load(define(textwrap.dedent(DEFINITION)))
    made = made_up(workflow, workflow.sweep(workflow.preset("quick"), 1))
    assert made is not None
    assert (made.bott_index == 1).all()
    assert (made.bott_index_suspect == 0).all()
    assert workflow.results(made).mean_bott_index.notnull().all()
