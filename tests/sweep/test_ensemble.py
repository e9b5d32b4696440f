"""A store whose samples are not an ensemble is found out, and one whose samples are is not accused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

import qtcore as qt
from qtcore.conclusion import ensemble_checks
from qtcore.store.locate import place_of
from qtcore.sweep.build import make_sweep
from qtcore.sweep.drive import drive
from qtcore.sweep.ensemble import examine
from qtcore.sweep.spec import Sweep

Threads = Callable[[], Any]
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


def own(point: Any, realizations: range) -> dict[str, Any]:
    return {"x": [point.gate * (r // 2) for r in realizations]}


def swept(wire: Callable[[Any], qt.Wire], realizations: int = 40) -> Sweep:
    return make_sweep("trial", qt.Preset(**FIELDS, realizations=realizations), 1, wire=wire)


def rewrite(store: Path, name: str, change: Callable[[np.ndarray], np.ndarray]) -> None:
    array = zarr.open_array(store / name, mode="r+")
    array[...] = change(np.asarray(array[...]))


@pytest.mark.parametrize("wire", [strip, weak, alloy, phases, dense])
def test_an_honest_ensemble_is_not_accused(
    wire: Callable[[Any], qt.Wire], tmp_path: Path, threads: Threads
) -> None:
    store = tmp_path / "a.zarr"
    drive(swept(wire), store, threads)
    found = examine(store)
    assert (found.repeated, found.different, found.examples) == (0, 0, [])
    assert found.recomputed >= 1
    # Phases on the wider strip enclose a flux, on the chain they do not.
    points = {strip: 2, dense: 2, phases: 1}.get(wire, 0)
    assert (found.points, found.compared) == (points, 40 * points)


def test_each_realization_used_twice_is_found(tmp_path: Path, threads: Threads) -> None:
    store = tmp_path / "a.zarr"
    drive(swept(strip), store, threads)
    for name in ("ln_g", "reflection"):
        rewrite(store, name, lambda a: np.repeat(a[..., ::2, :], 2, axis=-2))
    found = examine(store)
    assert found.repeated == found.compared / 2 == 40
    assert (
        "20 of 40 samples are equal to an earlier one, such as realizations 0 and 1"
        in (found.examples[0])
    )
    assert not ensemble_checks(place_of(store))[0][0].passed


def test_one_sample_that_occurs_twice_is_found(tmp_path: Path, threads: Threads) -> None:
    store = tmp_path / "a.zarr"
    drive(swept(strip), store, threads)

    def once(a: np.ndarray) -> np.ndarray:
        a[0, 0, 31] = a[0, 0, 7]
        return a

    rewrite(store, "ln_g", once)
    found = examine(store)
    assert found.repeated == 1
    assert "such as realizations 7 and 31" in found.examples[0]


@pytest.mark.parametrize("what", ["seed", "order"])
def test_samples_of_another_seed_are_found(what: str, tmp_path: Path, threads: Threads) -> None:
    """All of them differ, their statistics are right, and yet they are not those of the address."""
    store = tmp_path / "a.zarr"
    drive(swept(strip), store, threads)
    if what == "seed":
        document = json.loads((store / "zarr.json").read_text())
        spec = json.loads(document["attributes"]["spec"])
        spec["seed"] = 2
        document["attributes"]["spec"] = json.dumps(spec)
        (store / "zarr.json").write_text(json.dumps(document))
    else:
        rewrite(store, "ln_g", lambda a: np.roll(a, 1, axis=-2))
    found = examine(store)
    assert found.repeated == 0
    assert found.different == found.recomputed >= 1
    assert f"is not what seed {2 if what == 'seed' else 1} gives" in found.examples[0]


def test_own_functions_are_computed_again_and_not_compared(
    tmp_path: Path, threads: Threads
) -> None:
    """Nothing says that the numbers of an own function must differ."""
    store = tmp_path / "a.zarr"
    preset = qt.Preset(gate=(1.0, 2.0), realizations=8)
    drive(make_sweep("own", preset, 1, solve=own, variables=[qt.Variable("x")]), store, threads)
    found = examine(store)
    assert (found.compared, found.repeated, found.different) == (0, 0, 0)
    assert found.recomputed >= 1
    rewrite(store, "x", lambda a: a + 1e-3)
    assert examine(store).different >= 1


def test_an_unfinished_store_is_examined_as_far_as_it_goes(
    tmp_path: Path, threads: Threads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("qtcore.sweep.drive.block_length", lambda _: 8)
    store = tmp_path / "a.zarr"
    drive(swept(strip), store, threads)
    for chunk in (store / "block_realizations").glob("c*.0.2"):
        chunk.unlink()
    found = examine(store)
    assert (found.repeated, found.different) == (0, 0)
    assert found.compared in (64, 72)
