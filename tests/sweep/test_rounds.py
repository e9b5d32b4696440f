"""Runs towards a precision goal: counts follow from the data, interrupted or not; what is said."""

import textwrap
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import qtcore as qt
from qtcore import session
from qtcore.request import RunOptions, choose_workflow, resolve_run
from qtcore.store.header import read_header
from qtcore.store.layout import STANDINGS
from qtcore.sweep import rounds
from qtcore.sweep import task as task_module
from qtcore.sweep.console import console_on
from qtcore.sweep.plan import Cutting
from qtcore.sweep.program import ProgramError

Same = Callable[[Path, Path], None]

NOISE = """
    import numpy as np
    import qtcore as qt
    import xarray as xr
    from matplotlib.figure import Figure

    def analyse(dataset):
        return xr.Dataset()

    def draw(dataset, result):
        return Figure()

    def check(result):
        return []

    def solve(point, realizations):
        '''Normal numbers of a given mean and scatter, by address.'''
        rng = [np.random.default_rng([point.seed, r]) for r in realizations]
        x = np.array([generator.normal(point.mean, point.gate, 2) for generator in rng])
        return {"x": x[:, 0], "pair": x}

    def second_moment(dataset):
        square = dataset.x.to_numpy() ** 2
        return square.mean(), square.std(ddof=1) / len(square) ** 0.5

    workflow = qt.Workflow(
        "noise", "Noise", "For tests.",
        {"quick": qt.Preset(gate=(0.0, 0.1, 1.0), mean=5.0, realizations=10)},
        solve=solve, variables=(qt.Variable("x"), qt.Variable("pair", dims=("site",))),
        dimensions={"site": 2}, analyse=analyse, draw=draw, check=check,
    )
"""


pytestmark = pytest.mark.usefixtures("one_client")

SHORT = Cutting(block=32)
A_TASK_FOR_EACH = Cutting(block=32, shortest_task=1e-9)


def run(
    definition: Path, name: str = "a.zarr", cutting: Cutting = SHORT, **options: Any
) -> xr.Dataset:
    """Run as `qt.run` does, cut as these tests need it."""
    store = definition.with_name(name)
    given = RunOptions(
        choose_workflow(definition), store=store, **{"cluster": "threads", **options}
    )
    asked = replace(resolve_run(given), cutting=cutting)
    session.compute(asked, console=console_on("stderr", quiet=True))
    return qt.open(store)


def test_realizations_go_where_the_error_is(define: Callable[..., Path]) -> None:
    ds = run(define(NOISE), precision="1%")
    counts = ds.finished.to_numpy()
    assert counts[0] == counts[1] == 64, "the first round is enough, and is 64 whatever the preset"
    # (sigma / 0.01 mu)² = 400, with a margin of 10 %, in blocks of 32; its own scatter is 10 %.
    assert 384 <= counts[2] <= 576
    assert counts[2] % 32 == 0
    for point, count in enumerate(counts):
        x = ds.x[point, :count]
        assert x.notnull().all()
        assert x.std(ddof=1) / count**0.5 <= 0.01 * x.mean()
    direct = np.random.default_rng([1, 300]).normal(5.0, 1.0, 2)
    assert ds.x[2, 300] == direct[0], "the same numbers as without a goal"


def test_interrupted_rounds_end_with_the_same_counts_and_bits(
    define: Callable[..., Path], same_bits: Same, monkeypatch: pytest.MonkeyPatch
) -> None:
    definition = define(NOISE)
    run(definition, "b.zarr", precision=0.02)
    assert run(definition, "b.zarr", precision=0.02).finished[2] > 2000
    for blocks in (1, 5, 20, 50):  # in the first round, in the second, in later ones
        computed: list[int] = []
        plain = task_module.solve

        def dies(*arguments: Any, left: int = blocks, seen: Any = computed, f: Any = plain) -> Any:
            seen.append(1)
            if len(seen) > left:
                raise OSError(28, "No space left on device")
            return f(*arguments)

        with monkeypatch.context() as patch:
            patch.setattr(task_module, "solve", dies)
            with pytest.raises(qt.QtcoreError, match="the disk is full"):
                run(definition, cutting=A_TASK_FOR_EACH, precision=0.02)
    run(definition, precision=0.02)
    same_bits(definition.with_name("a.zarr"), definition.with_name("b.zarr"))


def test_a_plain_run_with_the_same_counts_has_the_same_bits(
    define: Callable[..., Path], same_bits: Same
) -> None:
    counts = run(define(NOISE), precision="1%").finished.to_numpy().tolist()
    definition = define(NOISE, ("realizations=10", f"realizations={tuple(counts)}"))
    run(definition, "b.zarr")
    same_bits(definition.with_name("a.zarr"), definition.with_name("b.zarr"))


def test_the_store_alone_goes_on_towards_its_goal(
    define: Callable[..., Path], same_bits: Same
) -> None:
    definition = define(NOISE)
    run(definition, precision="0.5%")
    store, other = definition.with_name("a.zarr"), definition.with_name("b.zarr")
    assert '"error":0.005' in read_header(store).attributes["precision"]
    definition.unlink()
    qt.rerun(store, other, cluster="threads", progress=False)
    same_bits(store, other)
    assert qt.status(other).precision == "0.5 % of the mean of x"


def test_how_far_points_are_is_not_written_into_another_store(
    define: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that was put in the place of the first while its samples were read."""
    definition = define(NOISE)
    run(definition, "b.zarr", seed=2)
    store, other = definition.with_name("a.zarr"), definition.with_name("b.zarr")
    plain = rounds.judge

    def judge(*given: Any) -> Any:
        found = plain(*given)
        store.rename(store.with_name("moved.zarr"))
        other.rename(store)
        return found

    monkeypatch.setattr(rounds, "judge", judge)
    with pytest.raises(qt.InputError, match="made for another sweep"):
        run(definition, precision="1%")
    assert not (store / STANDINGS).exists()
    monkeypatch.undo()
    run(definition, "moved.zarr", precision="20%")
    assert (store.with_name("moved.zarr") / STANDINGS).exists()


def test_cap_and_what_is_out_of_reach(
    define: Callable[..., Path], capsys: pytest.CaptureFixture[str]
) -> None:
    definition = define(NOISE)
    store = definition.with_name("a.zarr")
    options: dict[str, Any] = {
        "store": store,
        "cluster": "threads",
        "precision": "0.1%",
        "realizations": 200,
    }
    counts = qt.run(definition, **options).finished.to_numpy()
    assert counts.tolist() == [64, 200, 200]
    said = " ".join(capsys.readouterr().err.split())
    assert "1 of 3 points reached 0.1 % of the mean of x" in said
    assert "not reached: gate 0.1: 5" in said
    assert "not reached: gate 1: 5" in said
    reached, near, far = (point.standing for point in qt.status(store).points)
    assert reached is not None
    assert near is not None
    assert far is not None
    assert reached.reached
    # (sigma / 0.001 mu)²; the variance of 200 normal numbers is known to 10 %.
    assert near.needed == pytest.approx(400, rel=0.3)
    assert far.needed == pytest.approx(40_000, rel=0.3)
    again = run(definition, precision="0.1%", realizations=1000)
    assert again.finished[1] == pytest.approx(400, rel=0.4)
    assert again.finished[2] == 1000, "a larger cap goes on from there"


def test_plan_shows_the_first_round_and_then_what_the_data_foresee(
    define: Callable[..., Path],
) -> None:
    definition = define(NOISE)
    options: dict[str, Any] = {"store": definition.with_name("a.zarr"), "precision": "0.5%"}
    first = qt.plan(definition, **options)
    assert first.realizations_left == 3 * 64
    run(definition, precision="1%")
    final_sweep = qt.plan(definition, **options)
    count = run(definition, precision="0.5%").finished[2]
    assert final_sweep.sweep.counts[:2].tolist() == [64, 64]
    # Both estimate (sigma / 0.005 mu)² = 1600, from 440 and from more numbers.
    assert final_sweep.sweep.counts[2] == pytest.approx(int(count), rel=0.25)
    assert len(qt.plan(definition, **options).tasks) == 0


def test_the_workflow_says_what_its_main_quantity_is(define: Callable[..., Path]) -> None:
    goal = ("check=check,", "check=check, goal=qt.Goal(estimate=second_moment),")
    definition = define(NOISE, goal)
    ds = run(definition, precision="1%")
    square = ds.x[2].dropna("realization") ** 2
    assert square.std(ddof=1) / square.size**0.5 <= 0.01 * square.mean()
    # Var x² = 4 mu² sigma² + 2 sigma⁴ = 102, mean 26: 1500 realizations.
    assert square.size == pytest.approx(1500, rel=0.25)
    every = define(NOISE, ("check=check,", 'check=check, goal=qt.Goal("pair"),'))
    pair = run(every, "pair.zarr", precision="1%").pair[2].dropna("realization")
    assert (pair.std("realization", ddof=1) / pair.sizes["realization"] ** 0.5 <= 0.05).all()
    broken = define(NOISE, goal, ("square.mean()", "dataset.absent"))
    with pytest.raises(ProgramError, match=r"the goal's estimate fails at gate 0(.|\n)*absent"):
        run(broken, "c.zarr", precision="1%")


def test_wires_reach_a_goal_at_their_longest_length(tmp_path: Path) -> None:
    definition = tmp_path / "wires.py"
    text = (
        NOISE[: NOISE.index("    def solve")]
        + """
    def wire(point):
        return qt.Wire(qt.Square(2), qt.Box(point.disorder))

    workflow = qt.Workflow(
        "wires", "Wires", "For tests.",
        {"quick": qt.Preset(disorder=(0.0, 1.0, 2.0), energy=0.3, lengths=(10, 40),
                            realizations=16)},
        wire=wire, analyse=analyse, draw=draw, check=check,
    )
    """
    )
    definition.write_text(textwrap.dedent(text), encoding="utf-8")
    ds = run(definition, precision=0.1)
    assert ds.finished[0] == 1, "nothing is random without disorder"
    for point in (1, 2):
        ln_g = ds.ln_g[point, :, -1].dropna("realization")
        assert ln_g.size == ds.finished[point]
        assert ln_g.std(ddof=1) / ln_g.size**0.5 <= 0.1
    assert ds.finished[2] > ds.finished[1]


def test_parts_cannot_share_a_goal(define: Callable[..., Path]) -> None:
    with pytest.raises(qt.InputError, match=r"--precision cannot be given together with --part"):
        run(define(NOISE), precision="1%", part="1/2")
    assert not (define(NOISE).with_name("a.zarr")).exists()
