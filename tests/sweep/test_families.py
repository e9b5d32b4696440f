"""Points that share their disorder are solved together: fewer solver calls, the same bits."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from distributed import Client
from numpy.typing import NDArray

import qtcore as qt
from qtcore.model.disorder.contract import Address, OnsiteDisorder, site_uniforms
from qtcore.model.lattice.contract import Lattice
from qtcore.sweep import build, survey
from qtcore.sweep import task as task_module
from qtcore.sweep.fill_store import fill_store
from qtcore.sweep.observables import solve_wires
from qtcore.sweep.plan import make_plan

Connect = Callable[[], AbstractContextManager[Client]]


def correlated(point: qt.Point) -> qt.Wire:
    disorder = (qt.Box(point.disorder), qt.Correlated(0.4, 2.5))
    return qt.Wire(qt.Square(point.width), disorder, flux=point.flux)


def box(point: qt.Point) -> qt.Wire:
    return qt.Wire(qt.Square(point.width), qt.Box(point.disorder), flux=point.flux)


def sweep_of(wire: Callable[[Any], qt.Wire], **changes: Any) -> qt.Sweep:
    fields: dict[str, Any] = {
        "energy": (-0.3, 0.1, 0.5),
        "disorder": (0.5, 1.0),
        "flux": (0.0, 0.01),
        "width": 3,
        "lengths": (5, 20),
        "realizations": 40,
    }
    preset = qt.Preset(**{**fields, **changes})
    observables = ("ln_g", "ln_T", "certificate")
    return build.make_sweep("shared", preset, 3, wire=wire, observables=observables)


def test_points_of_one_disorder_share_tasks() -> None:
    sweep = sweep_of(correlated)
    plan = make_plan(sweep, 8, workers=1000)
    for task in plan.tasks:
        for strength in (0.5, 1.0):
            mine = [p for p in task.pieces if sweep.point(p.point).disorder == strength]
            blocks = {(p.first, p.stop) for p in mine}
            assert len(mine) == 6 * len(blocks), "each run of blocks for all six points"
    done = sorted(
        (p.point, b) for t in plan.tasks for p in t.pieces for b in range(p.first, p.stop)
    )
    assert done == [(point, block) for point in range(12) for block in range(5)]


def test_a_heavy_family_is_cut() -> None:
    plan = make_plan(sweep_of(correlated), 8, workers=3, shortest_task=1e-9)
    sizes = {len(task.pieces) for task in plan.tasks}
    assert 1 < max(sizes) < 6, "no task waits for a whole family that is as long as many tasks"


def test_box_disorder_of_a_strip_is_solved_alone() -> None:
    assert not any(survey.survey(sweep_of(box)).families)


def test_same_bits_as_one_by_one(
    tmp_path: Path, threads: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[int] = []
    plain = solve_wires

    def noted(members: Any, *rest: Any) -> Any:
        called.append(len(members))
        return plain(members, *rest)

    monkeypatch.setattr(task_module, "solve_wires", noted)
    sweep = sweep_of(correlated)
    fill_store(sweep, tmp_path / "a.zarr", threads)
    assert set(called) == {6}
    found = qt.open(tmp_path / "a.zarr")
    for point in sweep.all_points():
        alone = sweep.solve(point, range(40))
        for name in sweep.observables:
            stored = found[name].isel(dict(zip(sweep.names, point.index, strict=True)))
            assert np.array_equal(stored, alone[name].astype(stored.dtype), equal_nan=True), name


def test_one_point_that_fails_does_not_take_the_others_along(
    tmp_path: Path, threads: Connect, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = sweep_of(correlated)
    plain = qt.Sweep.device

    def cursed(self: qt.Sweep, point: qt.Point) -> qt.Wire | qt.Bar:
        if point.energy == 0.1 and point.flux == 0.01:
            raise ValueError("cursed")
        return plain(self, point)

    def curse(event: Any) -> None:  # noqa: ARG001 - a listener takes an event
        monkeypatch.setattr(qt.Sweep, "device", cursed)  # once everything is planned

    outcome = fill_store(sweep, tmp_path / "a.zarr", threads, listeners=(curse,))
    monkeypatch.undo()
    assert {sweep.point(f.point).flux for f in outcome.failures} == {0.01}
    assert len({f.point for f in outcome.failures}) == 2
    finished = qt.open(tmp_path / "a.zarr").finished
    assert int((finished == 40).sum()) == 10


def test_ln_g_has_the_bits_that_it_has_without_eigenvalues() -> None:
    for wire in (box, correlated):
        sweep = sweep_of(wire)
        point = sweep.point(3)
        both = sweep.solve(point, range(16))
        alone = sweep.changed(observables=("ln_g",)).solve(point, range(16))
        assert np.array_equal(both["ln_g"], alone["ln_g"])


def impurities(point: qt.Point) -> qt.Wire:
    disorder = (qt.Binary(point.impurity, 0.3), qt.Vacancies(0.05, energy=point.vacancy))
    return qt.Wire(qt.Square(3), disorder)


class Steps(OnsiteDisorder):
    """A kind of a user's own, whose ensemble leaves out the height, as that of Binary does."""

    def __init__(self, height: float) -> None:
        self.height = height

    def ensemble(self) -> dict[str, object]:
        return {"disorder": "steps"}

    def potential(self, lattice: Lattice, address: Address) -> NDArray[np.float64]:
        return self.height * (site_uniforms(lattice, address) > 0)


def steps(point: qt.Point) -> qt.Wire:
    return qt.Wire(qt.Square(3), Steps(point.impurity * point.vacancy))


def given(point: qt.Point) -> qt.Wire:
    potential = np.full((20, 3), point.impurity * point.vacancy / 20)
    return qt.Wire(qt.Square(3), (qt.Gaussian(0.5), qt.Fixed(potential), qt.Vacancies(0.0)))


@pytest.mark.parametrize("wire", [impurities, steps, given])
def test_impurities_of_another_strength_are_not_shared(
    tmp_path: Path, threads: Connect, wire: Callable[[Any], qt.Wire]
) -> None:
    """Every point got the samples of the first one: impurities lay at the same places."""
    axes = {"impurity": qt.Axis((0.5, 2.0)), "vacancy": qt.Axis((30.0, 50.0))}
    preset = qt.Preset(**axes, energy=(0.1, 0.4), lengths=(5, 20), realizations=16)
    sweep = build.make_sweep("strengths", preset, 3, wire=wire, observables=("ln_g",))
    fill_store(sweep, tmp_path / "a.zarr", threads)
    found = qt.open(tmp_path / "a.zarr")["ln_g"]
    for point in sweep.all_points():
        alone = qt.ln_conductance(wire(point), point.energy, (5, 20), range(16), seed=3)
        stored = found.isel(dict(zip(sweep.names, point.index, strict=True)))
        assert np.array_equal(stored.values, alone), point.label
    first, second = (wire(sweep.point(number)) for number in (0, sweep.points - 1))
    with pytest.raises(qt.InputError, match="the same disorder"):
        qt.scattering_family([(first, 0.1), (second, 0.1)], (5, 20), range(16), seed=3)


@pytest.mark.parametrize("wire", [impurities, given])
def test_energies_of_the_same_impurities_are_still_shared(
    wire: Callable[[Any], qt.Wire],
) -> None:
    axes = {"impurity": qt.Axis((0.5, 2.0)), "vacancy": qt.Axis((30.0,))}
    preset = qt.Preset(**axes, energy=(0.1, 0.4), lengths=(5,), realizations=16)
    sweep = build.make_sweep("strengths", preset, 3, wire=wire, observables=("ln_g",))
    first, second, third, fourth = survey.survey(sweep).families
    assert first is not None
    assert first == second != third == fourth


def test_a_sweep_of_wires_takes_the_tolerance_of_its_points(
    tmp_path: Path, threads: Connect
) -> None:
    sweep = sweep_of(correlated, energy=0.1, disorder=0.5, tolerance=qt.Axis((1e-8, 1e-5)))
    fill_store(sweep, tmp_path / "a.zarr", threads)
    found = qt.open(tmp_path / "a.zarr")["ln_g"]
    for point in sweep.all_points():
        alone = qt.ln_conductance(
            correlated(point), 0.1, (5, 20), range(40), seed=3, tolerance=point.tolerance
        )
        stored = found.isel(dict(zip(sweep.names, point.index, strict=True)))
        assert np.array_equal(stored.values, alone), point.label


def test_a_tolerance_that_no_certificate_meets_is_refused_before_a_run() -> None:
    with pytest.raises(qt.InputError, match=r"tolerance .* from 1e-10 to 0.001, got 1e-13"):
        make_plan(sweep_of(box, tolerance=1e-13), 8)
