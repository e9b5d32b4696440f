"""The commands, from definition to checks."""

import json
import re
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

from qtcore import __version__, api
from qtcore.sweep import task as task_module

Command = Callable[..., Any]


def files_below(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_run_ends_with_checks_and_paths(qtcore: Command, definition: Path, here: Path) -> None:
    said = qtcore("run", "trial", "--cluster", "threads", "--store", "out/a.zarr")
    assert said.code == 0, said.err
    assert "mean of ln g" in said.out
    assert "✓" in said.out
    for name in ("a.png", "a.pdf", "a.analysis.zarr", "a.zarr"):
        assert f"out/{name}" in said.out
        assert (here / "out" / name).exists()
    assert xr.open_zarr(here / "out" / "a.zarr").attrs["workflow"] == "trial"
    assert definition.parent.joinpath("__pycache__").exists() is False


@pytest.mark.usefixtures("definition")
def test_a_pipe_gets_lines_about_the_run_and_quiet_leaves_them_out(qtcore: Command) -> None:
    said = qtcore("run", "trial", "--cluster", "threads", "--store", "a.zarr")
    lines = [line.split("  ", 1)[-1] for line in said.err.splitlines()]
    assert any(re.match(r"\d+ blocks? to compute with 1 worker, expected", line) for line in lines)
    assert any(re.match(r"100% done, (\d+) of \1 block", line) for line in lines), said.err
    quiet = qtcore("run", "trial", "--cluster", "threads", "--store", "b.zarr", "--quiet")
    assert quiet.code == 0
    assert quiet.err == ""
    assert quiet.out == said.out.replace("a.", "b.")
    again = qtcore("rerun", "a.zarr", "--store", "c.zarr", "--cluster", "threads", "--quiet")
    assert (again.code, again.err) == (0, "")


@pytest.mark.usefixtures("definition")
def test_default_store_is_named_after_workflow_and_preset(qtcore: Command, here: Path) -> None:
    assert qtcore("run", "trial", "--cluster", "threads").code == 0
    assert (here / "results" / "trial-quick.zarr").is_dir()


def test_options_reach_the_store(qtcore: Command, definition: Path) -> None:
    said = qtcore(
        *("run", definition, "--preset", "standard", "--cluster", "threads", "--store", "a.zarr"),
        *("--set", "width=2,4", "--set", "flux=0,0.25", "--set", "lengths=3,6,9"),
        *("--seed", "11", "--realizations", "9", "--workers", "2"),
    )
    assert said.code == 0, said.err
    dataset = api.open("a.zarr")
    assert dataset.width.to_numpy().tolist() == [2, 4]
    assert dataset.flux.to_numpy().tolist() == [0.0, 0.25]
    assert dataset.length.to_numpy().tolist() == [3, 6, 9]
    assert dataset.sizes["realization"] == 9
    assert dataset.attrs["seed"] == 11
    assert dataset.attrs["preset"] == "standard"
    assert json.loads(dataset.attrs["cluster"])["workers"] == 2


@pytest.mark.usefixtures("definition")
def test_dry_run_shows_the_bill_and_writes_nothing(qtcore: Command, here: Path) -> None:
    before = files_below(here)
    said = qtcore("run", "trial", "--dry-run", "--realizations", "100000", "--workers", "3")
    assert said.code == 0
    for word in (
        "tasks",
        "core-hours",
        "memory",
        "per worker",
        "on 3 workers of an idle",
        "standard error",
    ):
        assert word in said.out, word
    assert re.search(r"at most [\d.]+ MB", said.out)
    assert "nothing was written" in said.out
    assert files_below(here) == before


@pytest.mark.usefixtures("definition")
def test_same_command_extends_and_status_counts(qtcore: Command) -> None:
    base = ("run", "trial", "--cluster", "threads", "--store", "a.zarr")
    assert qtcore(*base, "--realizations", "10").code == 0
    assert qtcore(*base, "--realizations", "20").code == 0
    said = qtcore("status", "a.zarr", "--json")
    found = json.loads(said.out)
    assert found["complete"] is True
    assert found["running"] is False
    assert [point["finished"] for point in found["points"]] == [20, 20]
    table = qtcore("status", "a.zarr")
    assert "complete" in table.out
    assert re.search(r"finished +of", table.out)


@pytest.mark.usefixtures("definition")
def test_precision_goal_is_reached_and_shown(qtcore: Command) -> None:
    base = ("run", "trial", "--cluster", "threads", "--store", "a.zarr", "--precision", "0.005")
    first = " ".join(qtcore(*base, "--dry-run").out.split())
    assert "0.005 in the mean of ln_g at every point, with at most 6,400 realizations" in first
    assert "this is the first round" in first
    assert qtcore(*base, "--realizations", "100").code == 0
    assert "as the stored data foresee it" in " ".join(qtcore(*base, "--dry-run").out.split())
    said = qtcore(*base)
    assert said.code == 0, said.err
    assert "reached it or the cap" in " ".join(qtcore(*base, "--dry-run").out.split())
    assert "2 of 2 points reached 0.005 in the mean of ln_g" in said.err
    assert (
        "goal: 0.005 in the mean of ln_g, reached by 2 of 2 points"
        in qtcore("status", "a.zarr").out
    )
    for point in json.loads(qtcore("status", "a.zarr", "--json").out)["points"]:
        assert point["standing"]["error"] <= 0.005
        assert point["standing"]["realizations"] == point["finished"]


def test_figure_and_check_work_from_the_store_alone(
    qtcore: Command, definition: Path, here: Path
) -> None:
    qtcore("run", definition, "--cluster", "threads", "--store", "a.zarr")
    (here / "a.png").unlink()
    said = qtcore("figure", "a.zarr")
    assert said.code == 0
    assert (here / "a.png").exists()
    checks = json.loads(qtcore("check", "a.zarr", "--json").out)
    assert checks[0]["name"] == "mean of ln g"
    assert checks[0]["passed"] is True


def test_failed_check_exits_with_1_and_says_which(qtcore: Command, definition: Path) -> None:
    definition.write_text(
        definition.read_text().replace("EXPECTED_OFF = 0.0", "EXPECTED_OFF = 5.0")
    )
    said = qtcore("run", "trial", "--cluster", "threads", "--store", "a.zarr")
    assert said.code == 1
    assert "✗" in said.out
    assert "1 of 3 checks failed: mean of ln g" in said.err
    assert qtcore("check", "a.zarr").code == 1


@pytest.mark.usefixtures("definition")
def test_incomplete_sweep_exits_with_3_and_says_how_to_go_on(
    qtcore: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = task_module.solve

    def cursed(sweep: Any, point: Any, realizations: Any) -> Any:
        if point.width == 2:
            raise RuntimeError("cursed")
        return plain(sweep, point, realizations)

    task_module._opened.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(task_module, "solve", cursed)
        said = qtcore("run", "trial", "--cluster", "threads", "--store", "a.zarr")
    assert said.code == 3
    assert "RuntimeError: cursed" in said.err
    assert "import qtcore as qt" in said.err, "how to reproduce it"
    assert "The same command goes on" in said.err
    assert "Traceback" not in said.err
    status = qtcore("status", "a.zarr")
    assert "incomplete" in status.out
    assert "cursed" in status.out
    assert qtcore("run", "trial", "--cluster", "threads", "--store", "a.zarr").code == 0


def test_list_names_workflows_presets_and_broken_definitions(
    qtcore: Command, definition: Path
) -> None:
    (definition.parent / "broken.py").write_text("1 / 0\n")
    said = qtcore("list")
    assert said.code == 0
    assert "A trial" in said.out
    assert "--preset standard" in said.out
    assert "ZeroDivisionError" in said.out
    listed = {entry["name"]: entry for entry in json.loads(qtcore("list", "--json").out)}
    assert listed["trial"]["presets"]["quick"]["realizations"] == 16
    assert listed["broken"]["title"] is None
    assert "ZeroDivisionError" in listed["broken"]["error"]


@pytest.mark.parametrize("command", ["list", "run", "status", "figure", "check", "rerun"])
def test_every_command_has_help(qtcore: Command, command: str) -> None:
    said = qtcore(command, "--help")
    assert said.code == 0
    assert "Usage" in said.out
    assert len(said.out.splitlines()) > 5


def test_axes_units_and_presets_of_one_workflow(qtcore: Command, definition: Path) -> None:
    said = qtcore("list", "trial")
    assert said.code == 0
    for words in (
        "--preset standard",
        "1, 2, 3",
        "full width W of the box, units of t",
        "per point",
    ):
        assert words in said.out, words
    (listed,) = json.loads(qtcore("list", definition, "--json").out)
    assert listed["presets"]["quick"]["axes"]["flux"]["units"] == "h/e per plaquette"
    assert qtcore("list", "trail").code == 2


@pytest.mark.usefixtures("definition")
def test_new_values_of_an_axis_extend_the_store(qtcore: Command) -> None:
    base = ("run", "trial", "--cluster", "threads", "--store", "a.zarr")
    assert qtcore(*base).code == 0
    said = qtcore(*base, "--set", "width=3,1,2")
    assert said.code == 0, said.err
    assert "1 block computed" in said.err
    assert api.open("a.zarr").width.to_numpy().tolist() == [1, 2, 3]


@pytest.mark.usefixtures("definition")
def test_parts_and_rerun(qtcore: Command) -> None:
    base = ("run", "trial", "--cluster", "threads", "--store", "a.zarr")
    first = qtcore(*base, "--part", "1/2")
    assert (first.code, "a.png" in first.out) == (0, False), first.err
    assert json.loads(qtcore("status", "a.zarr", "--json").out)["blocks_done"] == 1
    assert qtcore(*base, "--part", "2/2").code == 0
    assert qtcore("rerun", "a.zarr", "--store", "b.zarr", "--cluster", "threads").code == 0
    assert api.open("a.zarr").ln_g.equals(api.open("b.zarr").ln_g)


def test_python_calls_have_the_names_of_the_commands(definition: Path) -> None:
    dataset = api.run(definition, store="a.zarr", cluster="threads", progress=False)
    assert dataset.ln_g.dims[-2:] == ("realization", "length")
    assert api.status("a.zarr").complete
    assert api.check("a.zarr")[0].passed
    assert api.figure("a.zarr").axes
    assert api.plan(definition, store="a.zarr").blocks_left == 0
    assert (dataset.finished == 16).all()


def test_failures_as_a_table_and_a_timeline_of_workers(qtcore: Command, here: Path) -> None:
    (here / "own.py").write_text(
        textwrap.dedent(
            """
            import qtcore as qt
            import xarray as xr
            from matplotlib.figure import Figure

            def solve(point, realizations):
                if point.gate == 2.0:
                    raise ZeroDivisionError("no [field] here")
                return {"x": [point.gate * r for r in realizations]}

            workflow = qt.Workflow(
                "own", "Own", "For tests.", {"quick": qt.Preset(gate=(1.0, 2.0), realizations=4)},
                solve=solve, variables=(qt.Variable("x"),),
                analyse=lambda dataset: xr.Dataset(), draw=lambda dataset, result: Figure(),
                check=lambda result: [],
            )
            """
        )
    )
    assert qtcore("run", "own.py", "--store", "a.zarr", "--cluster", "threads").code == 3
    said = qtcore("status", "a.zarr")
    assert "1 piece failed for good" in said.out
    assert re.search(r"gate 2 +0 +ZeroDivisionError: no \[field\] here +3 ", said.out)
    assert f'python -c \'import qtcore as qt; print(qt.reproduce("{here / "a.zarr"}"' in said.out
    (failure,) = json.loads(qtcore("status", "a.zarr", "--json").out)["failures"]
    assert failure["attempts"] == 3
    drawn = qtcore("timeline", "a.zarr")
    assert drawn.code == 0
    assert drawn.out.split() == [str(Path("a.timeline.png")), str(Path("a.timeline.pdf"))]
    assert (here / "a.timeline.png").read_bytes().startswith(b"\x89PNG")
    again = qtcore("rerun", "a.zarr", "--cluster", "threads")
    assert again.code == 3
    assert "gate 2: ZeroDivisionError: no [field] here" in again.err


def test_version_is_said_at_once_and_needs_nothing() -> None:
    """Without Numba, Dask and the like: a broken installation can still be named."""
    words = (
        "import sys; from qtcore.cli import main\n"
        "try: main(['--version'])\n"
        "except SystemExit as ended: print(ended.code, *sorted({'numba', 'dask', 'zarr', 'numpy', "
        "'rich'} & {*sys.modules}))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", words], capture_output=True, text=True, check=True
    )
    assert answer.stdout.split() == [__version__, "0"]


def test_the_package_itself_is_the_command() -> None:
    """`python -m qtcore` is what people try where the folder of scripts is not on the path."""
    for arguments, code, words in (
        (["--version"], 0, __version__),
        (["run", "no-such-definition"], 2, "no-such-definition"),
    ):
        ended = subprocess.run(
            [sys.executable, "-m", "qtcore", *arguments],
            capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert ended.returncode == code, ended.stderr
        assert words in ended.stdout + ended.stderr
