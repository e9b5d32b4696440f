"""A store whose samples are not an ensemble is found out, and one whose samples are is not accused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qtcore as qt
from qtcore.reports.conclusion import ensemble_checks
from qtcore.store.locate import place_of
from qtcore.sweep.build import make_sweep
from qtcore.sweep.ensemble import examine
from qtcore.sweep.fill_store import fill_store
from qtcore.sweep.observables import Arrays, solve_wire
from qtcore.sweep.plan import Cutting
from qtcore.sweep.run_provenance import RunProvenance
from qtcore.trust import UntrustedDefinitionError

Threads = Callable[[], Any]
Solve = Callable[[range], Arrays]
Change = Callable[..., Arrays]
Wrongly = Callable[[Change], None]
FIELDS: dict[str, Any] = {"width": (1, 3), "disorder": (1.0,), "energy": 0.5, "lengths": (4, 30)}


def strip(point: Any) -> qt.Wire:
    return qt.Wire(qt.Square(point.width), qt.Box(point.disorder))


def weak(point: Any) -> qt.Wire:
    """Disorder that leaves g within rounding of the number of channels."""
    return qt.Wire(qt.Square(point.width), qt.Box(1e-9 * point.disorder))


def alloy(point: Any) -> qt.Wire:
    """Few configurations: with four sites, 16 of them."""
    return qt.Wire(qt.Square(point.width), qt.Binary(point.disorder))


def phases(point: Any) -> qt.Wire:
    """Phases on a chain's bonds can be gauged away: every g is 1."""
    return qt.Wire(qt.Square(point.width), qt.RandomPhase(1.0))


def dense(point: Any) -> qt.Wire:
    return qt.Wire(qt.Square(point.width), [qt.Box(point.disorder), qt.Vacancies(0.05)])


def normal(point: Any, realizations: range) -> dict[str, Any]:
    rngs = [np.random.default_rng([point.seed, r]) for r in realizations]
    return {"x": [point.gate * rng.normal() for rng in rngs]}


def halved(point: Any, realizations: range) -> dict[str, Any]:
    rngs = [np.random.default_rng([point.seed, r // 2]) for r in realizations]
    return {"x": [point.gate * rng.normal() for rng in rngs]}


def in_turn(point: Any, realizations: range) -> dict[str, Any]:
    rngs = [np.random.default_rng([point.seed, r % 10]) for r in realizations]
    return {"x": [point.gate * rng.normal() for rng in rngs]}


def rarely(point: Any, realizations: range) -> dict[str, Any]:
    """Seeds from a range that is too small: a few coincide."""
    seeds = [int(np.random.default_rng([point.seed, r]).integers(100)) for r in realizations]
    return {"x": [point.gate * np.random.default_rng(seed).normal() for seed in seeds]}


def forgotten(point: Any, realizations: range) -> dict[str, Any]:
    return {"x": [point.gate * np.random.default_rng(point.seed).normal() for r in realizations]}


def winding(point: Any, realizations: range) -> dict[str, Any]:
    """Few values, such as those of a topological index."""
    rngs = [np.random.default_rng([point.seed, r]) for r in realizations]
    return {"x": [rng.integers(5) for rng in rngs]}


def alloyed(point: Any, realizations: range) -> dict[str, Any]:
    """Few values that are not whole."""
    rngs = [np.random.default_rng([point.seed, r]) for r in realizations]
    return {"x": [np.cos(rng.integers(12)) for rng in rngs]}


def of_own(
    solve: Callable[..., Any], realizations: int = 40, gate: tuple[float, ...] = (1.0, 2.0)
) -> qt.Sweep:
    preset = qt.Preset(gate=gate, realizations=realizations)
    return make_sweep("own", preset, 1, solve=solve, variables=[qt.Variable("x")])


def swept(wire: Callable[[Any], qt.Wire], realizations: int = 40) -> qt.Sweep:
    return make_sweep("trial", qt.Preset(**FIELDS, realizations=realizations), 1, wire=wire)


@pytest.fixture
def wrongly(monkeypatch: pytest.MonkeyPatch) -> Callable[[Change], None]:
    """Have workers store other samples than those that were asked for, marked as what they are."""
    right = qt.Sweep.solve_on_worker

    def solve_with(change: Change) -> None:
        def solve(sweep: qt.Sweep, point: qt.Point, realizations: range) -> Arrays:
            return change(lambda rows: right(sweep, point, rows), realizations, sweep, point)

        monkeypatch.setattr(qt.Sweep, "solve_on_worker", solve)

    return solve_with


def twice(solve: Solve, realizations: range, *_: Any) -> Arrays:
    """Each realization is used twice."""
    half = solve(range(realizations.start // 2, (realizations.stop + 1) // 2))
    rows = [r // 2 - realizations.start // 2 for r in realizations]
    return {name: array[rows] for name, array in half.items()}


def once(solve: Solve, realizations: range, *_: Any) -> Arrays:
    """Realization 31 is what 7 is."""
    found = solve(realizations)
    if 31 in realizations:
        for name, array in solve(range(7, 8)).items():
            found[name][realizations.index(31)] = array[0]
    return found


def of_another_seed(_: Solve, realizations: range, sweep: qt.Sweep, point: qt.Point) -> Arrays:
    other = sweep.changed(seed=sweep.seed + 1)
    wire, lengths = other.wire(point), point.lengths
    return solve_wire(wire, 0.5, lengths, realizations, other.seed, other.observables)


def in_another_order(solve: Solve, realizations: range, *_: Any) -> Arrays:
    return {name: np.roll(array, 1, axis=0) for name, array in solve(realizations).items()}


@pytest.mark.parametrize("wire", [strip, weak, alloy, phases, dense])
@pytest.mark.first_cases(2)
def test_an_honest_ensemble_is_not_accused(
    wire: Callable[[Any], qt.Wire], tmp_path: Path, threads: Threads
) -> None:
    store = tmp_path / "a.zarr"
    fill_store(swept(wire), store, threads)
    found = examine(store)
    assert (found.repeated, found.different, found.examples) == (0, 0, [])
    assert found.recomputed >= 1
    # Phases on the wider strip enclose a flux, on the chain they do not.
    points = {strip: 2, dense: 2, phases: 1}.get(wire, 0)
    assert (found.points, found.compared) == (points, 40 * points)


def test_each_realization_used_twice_is_found(
    tmp_path: Path, threads: Threads, wrongly: Wrongly, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "a.zarr"
    wrongly(twice)
    fill_store(swept(strip), store, threads)
    monkeypatch.undo()
    found = examine(store)
    assert found.repeated == found.compared / 2 == 40
    assert (
        "samples that are equal to an earlier one: 20 of 40, such as realizations 0 and 1"
        in (found.examples[0])
    )
    assert not ensemble_checks(place_of(store))[0][0].passed


def test_one_sample_that_occurs_twice_is_found(
    tmp_path: Path, threads: Threads, wrongly: Wrongly, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "a.zarr"
    wrongly(once)
    fill_store(swept(strip), store, threads)
    monkeypatch.undo()
    found = examine(store)
    assert found.repeated == 2, "one at each of two points"
    assert "such as realizations 7 and 31" in found.examples[0]


@pytest.mark.parametrize("change", [of_another_seed, in_another_order])
def test_samples_of_another_seed_are_found(
    change: Change,
    tmp_path: Path,
    threads: Threads,
    wrongly: Wrongly,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All of them differ, their statistics are right, and yet they are not those of the address."""
    store = tmp_path / "a.zarr"
    wrongly(change)
    fill_store(swept(strip), store, threads)
    monkeypatch.undo()
    found = examine(store)
    assert found.repeated == 0
    assert found.different == found.recomputed >= 1
    assert "is not what seed 1 gives" in found.examples[0]


def test_own_functions_are_computed_again(
    tmp_path: Path, threads: Threads, wrongly: Wrongly, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = tmp_path / "a.zarr"
    wrongly(lambda solve, realizations, *_: {"x": solve(realizations)["x"] + 1e-3})
    fill_store(of_own(normal, 8), store, threads)
    monkeypatch.undo()
    found = examine(store)
    assert found.different == found.recomputed >= 1
    assert (found.points, found.compared, found.repeated) == (2, 16, 0)


@pytest.mark.parametrize("solve", [normal, winding, alloyed])
@pytest.mark.first_cases(1)
def test_an_honest_function_is_not_accused(
    solve: Callable[..., Any], tmp_path: Path, threads: Threads
) -> None:
    store = tmp_path / "a.zarr"
    fill_store(of_own(solve), store, threads)
    checks, notes = ensemble_checks(place_of(store))
    assert notes == []
    assert [check.passed for check in checks] == [True, True]
    assert checks[0].name == "samples that occur twice, among 80 at 2 points"


@pytest.mark.parametrize(("solve", "repeated"), [(halved, 40), (in_turn, 60), (rarely, None)])
def test_samples_of_an_own_function_that_share_random_numbers_are_found(
    solve: Callable[..., Any], repeated: int | None, tmp_path: Path, threads: Threads
) -> None:
    store = tmp_path / "a.zarr"
    sweep = of_own(solve)
    fill_store(sweep, store, threads)
    checks, notes = ensemble_checks(place_of(store))
    x = np.asarray(sweep.solve(sweep.point(0), range(40))["x"])
    expected = repeated or 2 * (40 - len(np.unique(x)))
    assert expected > 0
    assert checks[0].value == expected
    assert not checks[0].passed
    assert "at gate 1, samples that are equal to an earlier one" in notes[0]
    assert "samples that occur twice" not in str(ensemble_checks(place_of(store), distinct=False))


def test_samples_that_are_all_equal_are_found(tmp_path: Path, threads: Threads) -> None:
    store = tmp_path / "a.zarr"
    fill_store(of_own(forgotten), store, threads)
    wrong = [check.name for check in ensemble_checks(place_of(store))[0] if not check.passed]
    assert wrong == ["points all of whose samples are equal, of 2"]
    fill_store(
        of_own(forgotten), tmp_path / "b.zarr", threads, provenance=RunProvenance(distinct=False)
    )
    checks, notes = ensemble_checks(place_of(tmp_path / "b.zarr"))
    assert all(check.passed for check in checks)
    assert notes == []


def test_clean_points_are_noted(tmp_path: Path, threads: Threads) -> None:
    store = tmp_path / "a.zarr"
    fill_store(of_own(normal, gate=(0.0, 1.0, 2.0)), store, threads)
    checks, notes = ensemble_checks(place_of(store))
    assert all(check.passed for check in checks)
    assert notes == [
        "All samples are equal at 1 of 3 points, such as gate 0: without randomness one realization "
        "says as much."
    ]


NOTED = {
    "a value of an axis": (lambda p: p.gate == 2, "gate 2"),
    "one point": (lambda p: p.gate == 2 and p.mass == 5, "gate 2, mass 5"),
    "all": (lambda _: True, "every point"),
    "some": (lambda p: p.gate == p.mass - 3, "2 of 4 points, such as gate 1, mass 4"),
}


@pytest.mark.parametrize("kind", NOTED)
def test_points_without_any_number_are_noted(
    kind: str, tmp_path: Path, threads: Threads, wrongly: Wrongly
) -> None:
    void, words = NOTED[kind]
    wrongly(
        lambda solve, rows, _, point: {
            "x": solve(rows)["x"] * (np.nan if void(point) else 1.0)  # type: ignore[no-untyped-call]
        }
    )
    preset = qt.Preset(gate=(1.0, 2.0), mass=(4.0, 5.0), realizations=8)
    sweep = make_sweep("own", preset, 1, solve=normal, variables=[qt.Variable("x")])
    fill_store(sweep, tmp_path / "a.zarr", threads)
    checks, notes = ensemble_checks(place_of(tmp_path / "a.zarr"))
    assert notes == [f"x is NaN in every sample at {words}"]
    assert all(check.passed for check in checks)


def test_an_unfinished_store_is_examined_as_far_as_it_goes(
    tmp_path: Path, threads: Threads
) -> None:
    store = tmp_path / "a.zarr"
    fill_store(swept(strip), store, threads, cutting=Cutting(block=8))
    for chunk in (store / "block_realizations").glob("c.1.*.2.0"):
        chunk.unlink()
    found = examine(store)
    assert (found.repeated, found.different) == (0, 0)
    assert found.compared == 40 + 32


def test_samples_that_are_asked_for_are_different_ones_of_all_points(
    tmp_path: Path, threads: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two were computed of a hundred that were asked for, both of the cheaper half of the points."""
    store = tmp_path / "a.zarr"
    fill_store(of_own(normal, 12, gate=(1.0, 2.0, 3.0)), store, threads)
    met: list[tuple[float, int]] = []

    def wrong_at_one(_: qt.Sweep, point: qt.Point, rows: range) -> Arrays:
        met.extend((point.gate, r) for r in rows)
        found = np.asarray(normal(point, rows)["x"])
        return {"x": found + (point.gate > 2 and 5 in rows)}

    monkeypatch.setattr(qt.Sweep, "solve", wrong_at_one)
    assert examine(store, samples=7).recomputed == len(set(met)) == 7
    assert sorted([gate for gate, _ in met].count(gate) for gate in (1.0, 2.0, 3.0)) == [2, 2, 3]
    met.clear()
    found = examine(store, samples=100)
    assert sorted(met) == [(gate, r) for gate in (1.0, 2.0, 3.0) for r in range(12)]
    assert (found.recomputed, found.different) == (36, 1)
    checks, notes = ensemble_checks(place_of(store), samples=100)
    assert checks[-1].name.endswith("of 36 computed again")
    assert "100 were to be computed again; the store holds 36 samples, and these were." in notes


def test_samples_that_were_asked_for_and_may_not_be_computed_are_an_error(
    tmp_path: Path, threads: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Unasked it is a note, and the rest of the check counts; asked for it must not look done."""
    store = tmp_path / "a.zarr"
    fill_store(of_own(normal, 4), store, threads)

    def refuse(*_: Any, **__: Any) -> None:
        raise UntrustedDefinitionError("not known here")

    monkeypatch.setattr("qtcore.reports.conclusion.vouch_for", refuse)
    assert "not known here" in ensemble_checks(place_of(store))[1][0]
    with pytest.raises(UntrustedDefinitionError, match="not known here"):
        ensemble_checks(place_of(store), samples=3)
