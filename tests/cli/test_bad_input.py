"""Bad input: one clear message, exit code 2, nothing written, nothing damaged."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import zarr

Command = Callable[..., Any]


def snapshot(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--set", "width=0"], "width takes whole numbers >= 1 (sites across, sites), got 0"),
        (["--set", "width=2.5"], "width takes whole numbers, got '2.5'"),
        (["--set", "disorder=-1"], "disorder takes numbers >= 0"),
        (["--set", "lengths=0,4"], "lengths takes strictly increasing whole numbers >= 1"),
        (["--set", "lengths=8,4"], "4 after 8 is not sorted"),
        (["--set", "lengths=4,4"], "4 after 4 is repeated"),
        (["--set", "energy=7"], "energy 7"),
        (["--set", "energy=0.25"], "energy 0.25 is where this trial ends; give another"),
        (["--set", "flux=strong"], "flux takes numbers, got 'strong'"),
        (["--set", "flux=nan"], "flux takes finite numbers (magnetic flux, h/e per plaquette)"),
        (
            ["--set", "strength=1"],
            "unknown parameter 'strength'; allowed are disorder, width, flux, energy, lengths",
        ),
        (["--set", "width"], "expected NAME=VALUE"),
        (["--set", "width=2", "--set", "width=3"], "width was set twice"),
        (["--set", "width=2,2"], "the same value came twice"),
        (["--realizations", "0"], "realizations takes a whole number >= 1, got 0"),
        (["--part", "0/4"], "--part 0/4: allowed is I/N with 1 <= I <= N"),
        (["--precision", "0"], "--precision 0: allowed is a percentage of the quantity between"),
        (["--precision", "-1%"], "--precision -1%: allowed is a percentage"),
        (["--precision", "nan"], "or a number > 0 in its unit, such as 0.01"),
        (["--precision", "1%", "--realizations", "0"], "realizations takes a whole number >= 1"),
        (["--precision", "1%", "--realizations", "1"], "most takes at most so many realizations"),
        (["--precision", "1%", "--part", "1/2"], "cannot be given together with --part"),
        (["--part", "5/4"], "--part 5/4: allowed is I/N with 1 <= I <= N"),
        (["--set", "gate=1"], "unknown parameter 'gate' (a standard axis, but not of this"),
        (["--seed", "-1"], "seed takes a whole number from 0"),
        (["--preset", "huge"], "unknown preset 'huge' of trial; known are quick, standard"),
        (
            ["--cluster", "moon"],
            "unknown cluster 'moon'; known are gateway, htcondor, kubernetes, local",
        ),
        (["--cluster", "gone.yaml"], "gone.yaml: there is no such file"),
        (["--workers", "0"], "workers: allowed is a whole number >= 1, got 0"),
        (["--cluster", "tcp://127.0.0.1:1", "--workers", "2"], "leave --workers (workers=) out"),
    ],
)
@pytest.mark.usefixtures("definition")
def test_refused_before_anything_is_written(
    qtcore: Command, here: Path, options: list[str], words: str
) -> None:
    before = snapshot(here)
    arguments = options if "--cluster" in options else [*options, "--cluster", "threads"]
    said = qtcore("run", "trial", "--store", "new.zarr", *arguments)
    assert said.code == 2, said.err
    assert words in said.err
    assert "Traceback" not in said.err
    assert snapshot(here) == before
    dry = qtcore("run", "trial", "--store", "new.zarr", *arguments, "--dry-run")
    assert (dry.code, words in dry.err) == (2, True), "--dry-run must refuse the same"


@pytest.mark.usefixtures("definition")
def test_unknown_workflow_lists_the_known(qtcore: Command) -> None:
    said = qtcore("run", "trail")
    assert said.code == 2
    assert "unknown workflow 'trail'; known are" in said.err
    assert "trial" in said.err
    said = qtcore("run", "absent.py")
    assert (said.code, "absent.py: there is no such file" in said.err) == (2, True)


@pytest.mark.parametrize(
    ("content", "words", "line"),
    [
        ("x = 1\ny = 1 / 0\n", "ZeroDivisionError: division by zero", "line 2"),
        ("import nothing_of_this_name\n", "ModuleNotFoundError", "line 1"),
    ],
)
def test_broken_definition_shows_its_own_traceback(
    qtcore: Command, here: Path, content: str, words: str, line: str
) -> None:
    path = here / "broken.py"
    path.write_text(content)
    said = qtcore("run", "broken.py", "--store", "new.zarr")
    assert said.code == 2
    assert words in said.err
    assert f'broken.py", {line}' in said.err
    assert "importlib" not in said.err, "only the definition's own frames"
    assert not (here / "new.zarr").exists()


@pytest.mark.parametrize(
    ("content", "words", "line"),
    [
        ("x = 1\n\ndef f(:\n", "this is no Python (invalid syntax): def f(:", "line 3"),
        ("import qtcore as qt\nqt.Preset(width=(0,))\n", "width takes whole numbers", "line 2"),
    ],
)
def test_what_a_definition_may_not_say_is_one_line(
    qtcore: Command, here: Path, content: str, words: str, line: str
) -> None:
    (here / "broken.py").write_text(content)
    said = qtcore("run", "broken.py", "--store", "new.zarr")
    assert said.code == 2
    assert f"broken.py, {line}: {words}" in said.err
    assert len(said.err.splitlines()) == 1
    assert not (here / "new.zarr").exists()


def test_file_that_defines_no_workflow(qtcore: Command, here: Path) -> None:
    (here / "empty.py").write_text("workflow = 3\n")
    said = qtcore("run", "empty.py")
    assert said.code == 2
    assert "it must assign `workflow = qt.Workflow(...)`, found int" in said.err


@pytest.mark.usefixtures("definition")
def test_analysis_that_cannot_read_a_store_shows_its_own_lines(qtcore: Command, here: Path) -> None:
    assert qtcore("run", "trial", "--cluster", "threads", "--store", "a.zarr").code == 0
    text = (here / "workflows" / "trial.py").read_text()
    (here / "other.py").write_text(text.replace("dataset.ln_g.mean()", "dataset.noise.mean()"))
    for command in ("check", "figure"):
        said = qtcore(command, "a.zarr", "--workflow", "other.py")
        assert said.code == 4, "no bad input: the samples are there, the definition fails on them"
        assert "the analysis of trial fails on a store of trial:" in said.err
        assert "AttributeError: 'Dataset' object has no attribute 'noise'" in said.err
        assert "conclusion.py" not in said.err, "only the definition's own frames"


@pytest.mark.usefixtures("definition")
def test_store_of_another_spec_names_the_fields(qtcore: Command, here: Path) -> None:
    base = ("run", "trial", "--cluster", "threads", "--store", "a.zarr")
    assert qtcore(*base).code == 0
    before = snapshot(here)
    said = qtcore(*base, "--seed", "8", "--set", "width=1,5")
    assert said.code == 2
    assert "seed: the store has 1, asked for is 8" in said.err
    assert "width: the store has 1, 2, asked for is 1, 5" in said.err
    assert "energy" not in said.err
    assert snapshot(here) == before


@pytest.mark.usefixtures("definition")
def test_place_that_holds_something_else_is_left_alone(qtcore: Command, here: Path) -> None:
    (here / "notes.txt").write_text("precious")
    (here / "folder").mkdir()
    (here / "folder" / "thesis.tex").write_text("precious")
    zarr.open_group(here / "other.zarr", mode="w")
    before = snapshot(here)
    for place, words in (
        ("notes.txt", "it is a file"),
        ("folder", "it is a folder without zarr.json"),
        ("other.zarr", "qtcore did not make it"),
    ):
        said = qtcore("run", "trial", "--cluster", "threads", "--store", place)
        assert (said.code, words in said.err) == (2, True), said.err
        for command in ("status", "figure", "check"):
            said = qtcore(command, place)
            assert (said.code, words in said.err) == (2, True), said.err
    assert snapshot(here) == before


@pytest.mark.usefixtures("definition")
def test_unwritable_place(qtcore: Command) -> None:
    said = qtcore("run", "trial", "--cluster", "threads", "--store", "/proc/qtcore/a.zarr")
    assert said.code == 2
    assert "cannot make a store at /proc/qtcore/a.zarr" in said.err
    assert "Traceback" not in said.err


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.usefixtures("definition")
def test_folder_without_write_permission(qtcore: Command, here: Path) -> None:
    (here / "locked").mkdir(mode=0o500)
    said = qtcore("run", "trial", "--cluster", "threads", "--store", "locked/a.zarr")
    assert said.code == 2
    assert "Permission denied" in said.err


def test_unknown_option_and_command_are_usage_errors(qtcore: Command) -> None:
    assert qtcore("run", "trial", "--realisations", "4").code == 2
    assert qtcore("runn").code == 2


@pytest.mark.usefixtures("definition")
def test_scheduler_that_does_not_answer(qtcore: Command, here: Path) -> None:
    (here / "gone.yaml").write_text(
        "kind: scheduler\naddress: tcp://127.0.0.1:1\nstart_timeout: 0.5\n"
    )
    said = qtcore("run", "trial", "--cluster", "gone.yaml", "--store", "a.zarr")
    assert said.code == 2
    assert "no Dask scheduler answers at tcp://127.0.0.1:1" in said.err
    assert not (here / "a.zarr").exists()
