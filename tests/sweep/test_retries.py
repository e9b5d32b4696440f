"""What is tried again: an error that may pass; and what is not: one that every block meets."""

import logging
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import qtcore as qt
from qtcore.store.lease import Lease
from qtcore.sweep.build import make_sweep
from qtcore.sweep.events import BlockFailed, Retried
from qtcore.sweep.fill_store import fill_store
from qtcore.sweep.part import Part


def mended(point: Any, realizations: range) -> dict[str, Any]:
    return {"x": [point.gate + r for r in realizations]}


GATES = (1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0)


def solve(point: Any, realizations: range) -> dict[str, Any]:
    return {"x": [point.gate * r for r in realizations]}


@pytest.fixture
def attempts(
    tmp_path: Path, threads: Callable[[], Any], monkeypatch: pytest.MonkeyPatch
) -> Callable[[Callable[[qt.Point], None]], list[int]]:
    """Return how often the blocks that failed were tried, where a function may raise at a point."""
    right = qt.Sweep.solve_on_worker

    def attempts_of(raises: Callable[[qt.Point], None]) -> list[int]:
        def of_worker(sweep: qt.Sweep, point: qt.Point, realizations: range) -> Any:
            raises(point)
            return right(sweep, point, realizations)

        monkeypatch.setattr(qt.Sweep, "solve_on_worker", of_worker)
        told: list[Any] = []
        variables = [qt.Variable("x")]
        preset = qt.Preset(gate=GATES, realizations=8)
        sweep = make_sweep("own", preset, 1, solve=solve, variables=variables)
        fill_store(sweep, tmp_path / "a.zarr", threads, listeners=(told.append,))
        again = sum(isinstance(event, Retried) for event in told)
        tried = [event.attempts for event in told if isinstance(event, BlockFailed)]
        assert again >= sum(tried) - len(tried)
        return tried

    return attempts_of


def test_an_error_of_the_text_is_not_tried_again_for_each_block(attempts: Any) -> None:
    def raises(_: qt.Point) -> None:
        raise AttributeError("a point of this sweep has no gat")

    tried = attempts(raises)
    assert len(tried) == len(GATES)
    assert sorted(tried) == [1] * (len(GATES) - 1) + [2]


@pytest.mark.parametrize("kind", [OSError, RuntimeError, MemoryError])
def test_an_error_that_may_pass_is_tried_again_for_each_block(attempts: Any, kind: Any) -> None:
    def raises(_: qt.Point) -> None:
        raise kind("no answer")

    assert attempts(raises) == [3] * len(GATES)


def test_an_error_of_one_point_is_tried_again(attempts: Any) -> None:
    def raises(point: qt.Point) -> None:
        if point.gate == 2:
            raise KeyError("gate")

    assert attempts(raises) == [3]


def test_a_store_without_a_sample_gives_way_to_a_mended_definition(
    tmp_path: Path,
    threads: Callable[[], Any],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    store = tmp_path / "a b.zarr"
    preset = qt.Preset(gate=GATES, realizations=8)
    first, second, other = (
        make_sweep(name, preset, 1, solve=function, variables=[qt.Variable("x")])
        for name, function in (("own", solve), ("own", mended), ("another", mended))
    )

    def fails(*_: Any) -> Any:
        raise KeyError("gate")

    with monkeypatch.context() as patch:
        patch.setattr(qt.Sweep, "solve_on_worker", fails)
        assert fill_store(first, store, threads).blocks_left == len(GATES)
        with caplog.at_level(logging.WARNING):  # Dask has set another one
            assert fill_store(second, store, threads).blocks_left == len(GATES)
    assert "held no sample, and was made for another sweep, so it is made anew" in caplog.text
    assert "solve was changed" in caplog.text
    # To another workflow it does not: its name may have been mistyped.
    with pytest.raises(qt.InputError, match="holds no sample") as refused:
        fill_store(other, store, threads)
    deletion = str(refused.value).splitlines()[-1]
    assert shlex.split(deletion) == ["rm", "-r", "--", str(store)]
    with Lease(store), pytest.raises(qt.InputError, match="is in use"):
        fill_store(first, store, threads)
    with pytest.raises(qt.InputError, match="holds no sample"):
        fill_store(first, store, threads, part=Part(1, 2))  # the others would lose theirs
    with monkeypatch.context() as patch:  # a store with one block stays
        right = qt.Sweep.solve_on_worker
        patch.setattr(
            qt.Sweep,
            "solve_on_worker",
            lambda sweep, point, rows: right(sweep, point, rows) if point.gate == 2 else fails(),
        )
        assert fill_store(first, store, threads).blocks_left == len(GATES) - 1
    with pytest.raises(qt.InputError, match=r"solve.*was changed") as refused:
        fill_store(second, store, threads)
    assert "no sample" not in str(refused.value)
    for mark in (store / "block_realizations").glob("c*"):
        mark.unlink()  # its chunk stays: whoever lost marks has not lost samples
    with pytest.raises(qt.InputError, match=r"solve.*was changed") as refused:
        fill_store(second, store, threads)
    assert "no sample" not in str(refused.value)
    subprocess.run(deletion, shell=True, check=True)  # as the user would
    assert fill_store(second, store, threads).blocks_left == 0
