"""Runs put together in a new store: seeds, points, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from typer.testing import CliRunner

import qtcore as qt
from qtcore.cli.app import app
from qtcore.reports.behind import heading_of
from qtcore.reports.times import times_of
from qtcore.store.catalog import query
from qtcore.store.compact import compact
from qtcore.store.header import read_header
from qtcore.store.locate import place_of
from qtcore.store.verify import verify

Run = Callable[..., str]


@pytest.fixture
def merged(run: Run, tmp_path: Path) -> tuple[str, str, str]:
    """Two runs of different seeds and sizes, and the store that was made of them."""
    first, second = run("a.zarr", seed=7), run("b.zarr", seed=8, realizations=45)
    together = str(tmp_path / "c.zarr")
    qt.merge(first, second, to=together)
    return first, second, together


def test_realizations_of_two_seeds_are_lined_up(merged: tuple[str, str, str]) -> None:
    first, second, together = merged
    ds = qt.open(together)
    assert dict(ds.sizes) == {"drift": 3, "realization": 105, "length": 4}
    assert ds.finished.to_numpy().tolist() == [105, 105, 105]
    assert ds.seed.to_numpy().tolist() == [7] * 60 + [8] * 45
    assert ds.number.to_numpy().tolist() == [*range(60), *range(45)]
    assert ds.indexes["realization"].is_unique
    parts = [qt.open(store).phase.to_numpy() for store in (first, second)]
    assert np.array_equal(ds.phase.to_numpy(), np.concatenate(parts, axis=1))
    assert "seed" not in ds.attrs, "one seed would be wrong"


def test_analysis_sees_one_ensemble(merged: tuple[str, str, str]) -> None:
    *_, together = merged
    checks = qt.check(together)
    assert all(check.passed for check in checks)
    names = [check.name for check in checks]
    assert qt.open(together).seed.dims == ("realization",)
    assert any("samples that came out otherwise" in name for name in names), names
    qt.figure(together)
    result = xr.open_zarr(together.replace(".zarr", ".analysis.zarr"), consolidated=False)
    samples = qt.open(together).phase.to_numpy()
    assert np.allclose(result.mean_phase, samples.mean(axis=1))
    error = samples.std(axis=1, ddof=1) / np.sqrt(105)
    assert np.allclose(result.mean_phase_error, error, rtol=1e-6)


def test_commands_work_on_it(merged: tuple[str, str, str]) -> None:
    first, second, together = merged
    runner = CliRunner()
    status = runner.invoke(app, ["status", together])
    assert "seeds 7, 8: complete" in status.stdout
    done = runner.invoke(app, ["verify-store", together, "--recompute", "20"])
    assert done.exit_code == 0, done.output
    assert "0 findings" in done.stdout
    assert "20 computed again: 0" in done.stdout.replace("\n", " ") or "of 20" in done.stdout
    (found,) = [r for r in query(str(Path(together).parent)) if r.store == together]
    assert (found.seed, found.seeds, found.realizations, found.finished) == (None, (7, 8), 105, 1.0)
    compact(together)
    assert qt.open(together).finished.to_numpy().tolist() == [105] * 3
    sources = read_header(together).attributes["sources"]
    assert [source["store"] for source in sources] == [first, second]
    assert [source["seed"] for source in sources] == [7, 8]
    found = qt.compare(first, together)
    assert found.paired
    assert found.same
    assert sum(point.equal for point in found.points) == 3 * 60 * 4


def test_no_run_continues_it(merged: tuple[str, str, str], run: Run) -> None:
    *_, together = merged
    with pytest.raises(qt.InputError, match="put together of runs with the seeds 7, 8"):
        run(Path(together).name, seed=7)
    with pytest.raises(qt.InputError, match="qtcore merge"):
        qt.rerun(together, progress=False)
    assert qt.open(together).finished.to_numpy().tolist() == [105] * 3


def test_a_merged_store_is_merged_again(merged: tuple[str, str, str], run: Run) -> None:
    _, second, together = merged
    more = str(Path(together).with_name("d.zarr"))
    third = run("third.zarr", seed=9, realizations=8)
    ds = qt.merge(together, third, to=more)
    assert ds.seed.to_numpy().tolist() == [7] * 60 + [8] * 45 + [9] * 8
    with pytest.raises(qt.InputError, match="same realizations of seed 8"):
        qt.merge(together, second, to=Path(together).with_name("e.zarr"))
    assert not Path(together).with_name("e.zarr").exists()


def test_files_of_a_merged_store_state_every_seed(
    merged: tuple[str, str, str], tmp_path: Path
) -> None:
    together = place_of(merged[2])
    assert heading_of(together).endswith("seeds 7, 8.")
    text = qt.export(merged[2], tmp_path / "all.csv").read_text()
    assert "# seeds: 7, 8\n" in text


def test_a_report_of_a_merged_store_tells_when_its_runs_were(
    merged: tuple[str, str, str],
) -> None:
    """The store itself was written later."""
    first, second, together = (qt.status(store) for store in merged)
    began, ended = times_of(read_header(merged[2]).attributes, together)
    assert (began, ended) == (first.created, second.completed)
    assert ended < together.completed
    assert times_of(read_header(merged[0]).attributes, first) == (first.created, first.completed)


def test_other_points_of_one_seed_make_an_ordinary_store(run: Run, tmp_path: Path) -> None:
    """It has one seed, so that a run continues it."""
    first = run("a.zarr", seed=7, settings={"drift": (0.0, 1.0)})
    second = run("b.zarr", seed=7, settings={"drift": (0.5, 2.0)}, realizations=40)
    ds = qt.merge(first, second, to=tmp_path / "c.zarr")
    assert ds.drift.to_numpy().tolist() == [0.0, 0.5, 1.0, 2.0]
    assert ds.finished.to_numpy().tolist() == [60, 40, 60, 40]
    assert (ds.attrs["seed"], int(ds.seed)) == (7, 7)
    assert ds.sizes["realization"] == 60, "rows of one seed are shared: the disorder is common"
    drifts = {"drift": (0.0, 0.5, 1.0, 2.0)}
    run("c.zarr", seed=7, settings=drifts)
    took = [qt.status(one).core_seconds for one in (first, second, tmp_path / "c.zarr")]
    assert took[2] >= took[0] + took[1] - 2e-3, "what its sources took counts after a run, too"
    whole = run("whole.zarr", seed=7, settings=drifts)
    found = qt.compare(tmp_path / "c.zarr", whole)
    assert found.same_bits


def test_points_and_seeds_may_both_differ(run: Run, tmp_path: Path) -> None:
    first = run("a.zarr", seed=7, settings={"drift": (0.0, 1.0)})
    second = run("b.zarr", seed=8, settings={"drift": (1.0, 2.0)})
    ds = qt.merge(first, second, to=tmp_path / "c.zarr").load()
    assert ds.finished.to_numpy().tolist() == [60, 120, 60]
    at = ds.phase.isel(length=0)
    assert np.isnan(at.sel(drift=0.0, realization=ds.seed == 8)).all()
    assert np.isnan(at.sel(drift=2.0, realization=ds.seed == 7)).all()
    assert verify(tmp_path / "c.zarr", repair=False).findings == []


def test_unfinished_blocks_stay_unfinished(run: Run, tmp_path: Path) -> None:
    first, second = run("a.zarr", seed=7), run("b.zarr", seed=8)
    header = read_header(first)
    (tmp_path / "a.zarr" / "block_realizations" / "c.1.0.0").unlink()
    ds = qt.merge(first, second, to=tmp_path / "c.zarr")
    lost = min(header.block, 60)
    assert ds.finished.to_numpy().tolist() == [120, 120 - lost, 120]
    assert not read_header(tmp_path / "c.zarr").attributes["completed"]
    assert CliRunner().invoke(app, ["check", str(tmp_path / "c.zarr")]).exit_code in (1, 3)


def test_rows_without_realization_are_not_seen(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A draw begins with a block; the rows before it that nobody fills are no realizations."""
    from qtcore.answers import merge as module

    monkeypatch.setattr(module, "_block", lambda _: 32)
    first, second = run("a.zarr", seed=7), run("b.zarr", seed=8)
    ds = qt.merge(first, second, to=tmp_path / "c.zarr")
    assert ds.sizes["realization"] == 120
    assert ds.finished.to_numpy().tolist() == [120] * 3
    assert np.isfinite(ds.phase.to_numpy()).all()
    plain = xr.open_zarr(tmp_path / "c.zarr", consolidated=False)
    assert plain.sizes["realization"] == 124
    assert int(np.isfinite(plain.phase[0, :, 0]).sum()) == 120
    assert verify(tmp_path / "c.zarr", repair=False).findings == []


def test_what_does_not_fit_is_refused_field_by_field(run: Run, tmp_path: Path) -> None:
    first = run("a.zarr", seed=7)
    target = tmp_path / "c.zarr"
    other = run("b.zarr", ("draw.normal(size", "2 * draw.normal(size"), seed=8)
    with pytest.raises(qt.InputError, match="hold different sweeps") as refused:
        qt.merge(first, other, to=target)
    assert "solve: one text, and another text" in str(refused.value)
    other = run("d.zarr", seed=8, settings={"lengths": (4, 8, 20)})
    with pytest.raises(qt.InputError, match="the sweeps have other lengths"):
        qt.merge(first, other, to=target)
    with pytest.raises(qt.InputError, match="same realizations of seed 7 at 3 points"):
        qt.merge(first, run("e.zarr", seed=7), to=target)
    with pytest.raises(qt.InputError, match="merged once"):
        qt.merge(first, first, to=target)
    with pytest.raises(qt.InputError, match="two stores or more"):
        qt.merge(first, to=target)
    second = run("f.zarr", seed=8)
    with pytest.raises(qt.InputError, match="overwrites nothing"):
        qt.merge(first, second, to=first)
    with pytest.raises(qt.InputError, match="no store at"):
        qt.merge(first, tmp_path / "nothing.zarr", to=target)
    assert not target.exists()


def test_a_merge_that_fails_leaves_nothing(run: Run, tmp_path: Path) -> None:
    first, second = run("a.zarr", seed=7), run("b.zarr", seed=8)
    (tmp_path / "b.zarr" / "phase" / "c.2.0.0").write_bytes(b"damaged")
    with pytest.raises(qt.QtcoreError, match="damaged"):
        qt.merge(first, second, to=tmp_path / "c.zarr")
    assert not (tmp_path / "c.zarr").exists()


def test_command_makes_a_store(run: Run, tmp_path: Path) -> None:
    first, second = run("a.zarr", seed=7), run("b.zarr", seed=8)
    target = str(tmp_path / "c.zarr")
    done = CliRunner().invoke(app, ["merge", first, second, "--to", target])
    assert done.exit_code == 0, done.output
    assert qt.open(target).sizes["realization"] == 120
    done = CliRunner().invoke(app, ["merge", first, second, "--to", target])
    assert done.exit_code == 2
    assert "overwrites nothing" in done.stderr
    shown = CliRunner().invoke(app, ["query", str(tmp_path), "--json"])
    assert [run["seeds"] for run in json.loads(shown.stdout)] == [[7], [8], [7, 8]]


WIRES = """
    import qtcore as qt

    def wire(point):
        return qt.Wire(qt.Square(point.width), qt.Box(1.0))

    workflow = qt.Workflow(
        "strips", "Strips", "For tests.",
        {"quick": qt.Preset(width=(1, 2), energy=(0.5,), lengths=(4, 8), realizations=16)},
        wire=wire, observables=("ln_g", "ln_T"), analyse=lambda ds: ds.mean("realization"),
        draw=lambda ds, result: None, check=lambda result: [],
    )
"""


def test_functions_of_wires_say_what_disorder_is_common(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They do where axes grow, and only if this user knows them."""
    first = run("a.zarr", text=WIRES, seed=7, settings={"width": (1,)})
    second = run("b.zarr", text=WIRES, seed=8, settings={"width": (2,), "energy": (0.5, 0.7)})
    known = str(tmp_path / "elsewhere")
    with monkeypatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", known)
        with pytest.raises(qt.InputError, match="are not known here"):
            qt.merge(first, second, to=tmp_path / "c.zarr")
        assert not (tmp_path / "c.zarr").exists()
    ds = qt.merge(first, second, to=tmp_path / "c.zarr").load()
    assert json.loads(ds.attrs["common_disorder"]) == ["energy"]
    assert ds.channels.to_numpy().tolist() == [[1, 0], [2, 2]]
    assert ds.finished.to_numpy().tolist() == [[16, 0], [16, 16]]
    at = ds.ln_T.sel(width=1, energy=0.5, realization=ds.seed == 7)
    assert np.isfinite(at.isel(channel=0)).all()
    assert np.isnan(at.isel(channel=1)).all()
    wire = qt.Wire(qt.Square(2), qt.Box(1.0))
    numbers = ds.number.to_numpy()[ds.seed.to_numpy() == 8]
    again = qt.ln_conductance(wire, 0.7, [4, 8], numbers.tolist(), 8)
    stored = ds.ln_g.sel(width=2, energy=0.7, realization=ds.seed == 8)
    assert np.allclose(stored, again, atol=1e-10)
    assert verify(tmp_path / "c.zarr", repair=False).findings == []
    label = int(ds.realization[(ds.seed == 8) & (ds.number == 3)].item())
    sample = ds.qt.sample(label, width=2, energy=0.7)
    assert np.array_equal(sample, wire.onsite(3, range(8), 8))
    assert (int(sample.seed), int(sample.number)) == (8, 3)
    with pytest.raises(qt.InputError, match="has no realization 0: of each seed it has 0 of 7"):
        ds.qt.sample(0, width=2, energy=0.7)


@pytest.mark.slow
def test_stores_on_an_object_store(run: Run, s3: str) -> None:
    first, second = run(f"{s3}/a.zarr", seed=7), run(f"{s3}/b.zarr", seed=8)
    ds = qt.merge(first, second, to=f"{s3}/c.zarr")
    assert ds.finished.to_numpy().tolist() == [120] * 3
    assert verify(f"{s3}/c.zarr", repair=False).findings == []
    assert qt.compare(first, f"{s3}/c.zarr").same
    assert qt.compare(first, second).same
    place = place_of(f"{s3}/b.zarr")
    place.put("phase/c.2.0.0", b"damaged")
    with pytest.raises(qt.QtcoreError, match="damaged"):
        qt.merge(first, second, to=f"{s3}/d.zarr")
    assert place_of(f"{s3}/d.zarr").is_vacant()


def test_a_report_names_all_seeds_and_no_command_that_is_refused(
    merged: tuple[str, str, str], tmp_path: Path
) -> None:
    first, second, together = merged
    page = qt.report(together, tmp_path / "page.html").read_text()
    assert "seeds 7, 8." in page
    assert "seed None" not in page
    for refused in ("qtcore rerun", "qtcore extend"):
        assert refused not in page
    assert f"qtcore merge {first} {second} --to" in page


def test_what_the_new_store_lacks_is_told_in_realizations(
    run: Run, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It was told in blocks of the new store, whose length may be another one than that of the sources."""
    caplog.handler.setLevel(0)  # a cluster in this process has raised it
    first, second = run("a.zarr", seed=7), run("b.zarr", seed=8)
    next((Path(first) / "block_realizations").glob("c*0*")).unlink()
    lost = int(60 * 3 - qt.open(first).finished.sum())
    assert lost > 0
    qt.merge(first, second, to=tmp_path / "c.zarr")
    assert f"lacks {lost} of 360 realizations over all points" in caplog.text
