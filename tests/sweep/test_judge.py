"""Judging a round: points that are read together get the verdict of each alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qtcore as qt
from qtcore.sweep import rounds
from qtcore.sweep.fill_store import fill_store
from qtcore.sweep.precision import Precision
from qtcore.sweep.rounds import judge


@pytest.mark.parametrize("lengths", ["longest", "every"])
@pytest.mark.parametrize(("at_once", "sparse"), [(2**26, 4), (2000, 4), (0, 4), (2**26, 0)])
@pytest.mark.first_cases(4)
def test_points_read_together_are_judged_like_each_alone(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    make_sweep: Callable[..., Any],
    threads: Any,
    lengths: Any,
    at_once: int,
    sparse: int,
) -> None:
    monkeypatch.setattr(rounds, "AT_ONCE", at_once)
    monkeypatch.setattr(rounds, "SPARSE", sparse)
    plain = make_sweep()
    counts = tuple(8 + 5 * (n % 3) if n % 4 else 1 for n in range(plain.points))
    spans = tuple((n % 2, 2 + n % 2) for n in range(plain.points))
    sweep = plain.changed(realizations=counts, spans=spans)
    store = tmp_path / "a.zarr"
    fill_store(sweep, store, threads)
    goal = Precision.asked("10%", 100, qt.Goal(lengths=lengths), sweep)
    found = judge(goal, sweep, store)
    assert [*found] == [n for n in range(sweep.points) if counts[n] > 1]
    ds = qt.open(store)
    for number, standing in found.items():
        point = sweep.point(number)
        at = {name: point.values[name] for name in sweep.names}
        ln_g = ds.ln_g.sel(at)[: point.realizations, slice(*point.span)].to_numpy()
        mean, error = ln_g.mean(axis=0), ln_g.std(axis=0, ddof=1) / len(ln_g) ** 0.5
        worst = -1 if lengths == "longest" else int(np.argmax(error / np.abs(mean)))
        assert standing.value == pytest.approx(mean[worst], rel=1e-12)
        assert standing.error == pytest.approx(error[worst], rel=1e-12)
    reached = {n: s for n, s in found.items() if n % 3}
    assert judge(goal, sweep, store, reached) == found
