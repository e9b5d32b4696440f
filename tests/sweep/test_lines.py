"""Tracebacks of a sweep's functions show the file that the author wrote, and its lines."""

import re
from pathlib import Path

import pytest

import qtcore as qt
from qtcore.store.journal import event_log
from qtcore.sweep.events import read_log
from qtcore.workflow import load

# Comments, docstrings, unused names and broken lines are no part of a program: its lines differ.
DEFINITION = '''
"""A function that cannot be called everywhere."""

import numpy as np
import qtcore as qt
import xarray as xr

UNUSED = {"quite": "long",
          "and": "not needed"}


def part(x):
    """Divide."""
    # A comment.

    return (1 /
            (x - 2))  # HERE


@MARKS
def solve(point, realizations):
    """Compute."""
    name = f"{point.gate}"  # in normal form this is another text

    if point.gate > 1:
        # Another comment.
        part(float(name))  # FROM HERE
    return {"x": np.ones(len(realizations))}


def cost(point):
    """Say what is wrong."""
    return [point.gate][COST]  # COST


workflow = qt.Workflow(
    "divided", "Divided", "Fails at a gate.",
    {"quick": qt.Preset(gate=(0.0, 1.0, 2.0), realizations=3)},
    lambda ds: xr.Dataset(), None, lambda result: [],
    solve=solve, cost=cost, variables=[qt.Variable("x")],
)
'''


def written(folder: Path, cost: str = "0", marks: str = "") -> Path:
    path = folder / "divided.py"
    text = DEFINITION.replace("@MARKS\n", marks).replace("[COST]", f"[{cost}]")
    text = text.replace("[point.gate][0]", "1.0")
    path.write_text(text, encoding="utf-8")
    return path


def line_of(path: Path, mark: str) -> int:
    """Return the number of the line that ends in a mark."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if line.endswith(f"# {mark}"))


@pytest.mark.parametrize("marks", ["", "@(lambda function: function)\n"])
@pytest.mark.first_cases(1)
def test_a_failure_is_told_in_lines_of_the_definition(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, marks: str
) -> None:
    monkeypatch.chdir(tmp_path)
    path = written(tmp_path, marks=marks)
    store = tmp_path / "a.zarr"
    with pytest.raises(qt.QtcoreError, match="ZeroDivisionError"):
        qt.run(path, store=store, cluster="threads", progress=False)
    (failed,) = (line for line in read_log(event_log(store)) if line["event"] == "BlockFailed")
    frames = r'File "([^"]*divided.py)", line (\d+), in (\w+)\n    (.*)\n'
    places = re.findall(frames, failed["trace"])
    wanted = [("FROM HERE", "solve"), ("HERE", "part")]
    assert len(places) == 2
    for (file, line, function, text), (mark, name) in zip(places, wanted, strict=True):
        assert (file, function) == (str(path), name)
        # A statement of two lines is told by its first one.
        assert line_of(path, mark) - int(line) == (1 if mark == "HERE" else 0)
        assert text in path.read_text(encoding="utf-8")
    assert "qtcore_program" not in failed["trace"]
    # Alone it is told from the store, whatever has become of the file.
    lines = [line for _, line, _, _ in places]
    path.write_text("", encoding="utf-8")
    with pytest.raises(ZeroDivisionError) as alone:
        qt.reproduce(store, {"gate": 2.0}, range(3), trust=True)
    (note,) = alone.value.__notes__
    assert re.findall(rf'File "{path}", line (\d+)', note) == lines


def test_a_function_that_fails_before_the_run_too(tmp_path: Path) -> None:
    path = written(tmp_path, cost="1")
    with pytest.raises(qt.QtcoreError) as failed:
        qt.run(path, store=tmp_path / "a.zarr", cluster="threads", progress=False)
    assert f'File "{path}", line {line_of(path, "COST")}, in cost\n' in str(failed.value)
    assert "qtcore_program" not in str(failed.value)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("UNUSED = {", "qt.Preset(number=3)  # BAD\nX = {", "'number' cannot be a constant"),
        ("UNUSED = {", "qt.Box(-1.0)  # BAD\nX = {", "disorder strength W must be >= 0"),
        ("UNUSED = {", "def f(  # BAD\nX = {", "this is no Python ('(' was never closed): def f("),
    ],
)
def test_what_a_definition_cannot_say_is_one_sentence(
    tmp_path: Path, old: str, new: str, said: str
) -> None:
    path = written(tmp_path)
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(qt.QtcoreError) as refused:
        load(str(path))
    told = str(refused.value)
    assert told.startswith(f"{path}, line {line_of(path, 'BAD')}: {said}")
    assert "\n" not in told


def test_an_error_that_nobody_foresaw_keeps_its_traceback(tmp_path: Path) -> None:
    path = written(tmp_path)
    text = path.read_text(encoding="utf-8").replace("UNUSED = {", "1 / 0  # BAD\nX = {")
    path.write_text(text, encoding="utf-8")
    with pytest.raises(qt.QtcoreError) as refused:
        load(str(path))
    lines = str(refused.value).splitlines()
    assert lines[3] == f'  File "{path}", line {line_of(path, "BAD")}, in <module>'
    assert lines[-1] == "ZeroDivisionError: division by zero"
