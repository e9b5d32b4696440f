"""A store that lacks blocks: every command that works on it says so."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qtcore import api
from qtcore.reports.conclusion import incompleteness

Command = Callable[..., Any]

RUN = ("run", "trial", "--cluster", "threads", "--store", "a.zarr", "--realizations", "40")
LACK = "a.zarr is incomplete: 40 of 80 realizations (over all points) are there"


@pytest.fixture
def half(qtcore: Command, definition: Path) -> Path:
    """A store with one of two parts, and its definition."""
    assert qtcore(*RUN, "--part", "1/2").code == 0, "its own part is there"
    return definition


@pytest.mark.usefixtures("half")
def test_check_and_figure_say_so_and_end_with_3(
    qtcore: Command, caplog: pytest.LogCaptureFixture
) -> None:
    """Both ended with 0, like those of a complete store."""
    caplog.set_level(logging.WARNING)
    for more in ((), ("--json",)):
        said = qtcore("check", "a.zarr", *more)
        assert said.code == 3
        assert LACK in said.err
        assert "after --part, the other parts), or `qtcore rerun a.zarr`" in said.err
        assert "incomplete" not in said.out
    assert qtcore("figure", "a.zarr").code == 3
    assert sum(LACK in line for line in caplog.messages) == 1, caplog.messages
    assert Path("a.png").exists()
    assert qtcore("rerun", "a.zarr", "--cluster", "threads").code == 0
    caplog.clear()
    for command in ("check", "figure"):
        said = qtcore(command, "a.zarr")
        assert (said.code, "incomplete" in said.err) == (0, False)
    assert not any("incomplete" in line for line in caplog.messages)


def test_a_check_that_fails_is_1_all_the_same(qtcore: Command, half: Path) -> None:
    text = half.read_text(encoding="utf-8").replace("EXPECTED_OFF = 0.0", "EXPECTED_OFF = 9.0")
    half.write_text(text, encoding="utf-8")
    said = qtcore("check", "a.zarr", "--workflow", half)
    assert said.code == 1
    assert LACK in said.err


@pytest.mark.usefixtures("half")
def test_python_says_so_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    api.check("a.zarr")
    api.figure("a.zarr")
    assert sum(LACK in line for line in caplog.messages) == 2


@pytest.mark.usefixtures("half")
def test_chunks_that_a_copy_lacks_count_as_missing(qtcore: Command) -> None:
    assert qtcore(*RUN, "--part", "2/2").code == 0
    assert incompleteness("a.zarr") == ""
    chunk = next(
        path for path in Path("a.zarr/ln_g").rglob("*") if path.is_file() and path.suffix != ".json"
    )
    chunk.unlink()
    assert "of 80 realizations" in incompleteness("a.zarr")


@pytest.mark.usefixtures("half")
def test_status_says_which_parts_are_needed(qtcore: Command) -> None:
    """It said that the same command goes on, which has its part already."""
    assert "Still needed: --part 2/2; or without --part" in qtcore("status", "a.zarr").out
    assert api.status("a.zarr").parts_needed == ("2/2",)
    assert qtcore(*RUN, "--part", "2/2").code == 0
    assert "Still needed" not in qtcore("status", "a.zarr").out


REFUSING = """
import numpy as np
import qtcore as qt

def solve(point, realizations):
    if point.gate == 2 and realizations[-1] > 8:
        raise qt.InputError("realizations of gate 2 end at 8")
    return {"x": np.random.default_rng([point.seed, len(realizations)]).normal(size=len(realizations))}

workflow = qt.Workflow(
    "refusing", "Refuses late", "For tests.",
    {"quick": qt.Preset(gate=(1.0, 2.0, 3.0), realizations=40)},
    solve=solve, variables=(qt.Variable("x"),), repeatable=False,
)
"""


def test_no_command_completes_what_is_refused(qtcore: Command, here: Path) -> None:
    """It said that the same command goes on from there, which fails again."""
    (here / "refusing.py").write_text(REFUSING, encoding="utf-8")
    said = qtcore("run", "refusing.py", "--cluster", "threads", "--store", "r.zarr")
    assert said.code == 3, said.err
    assert "InputError: realizations of gate 2 end at 8" in said.err
    assert "goes on from there" not in said.err
    assert "run without their values into another --store" in said.err
    status = qtcore("status", "r.zarr").out
    assert "goes on from there" not in status
    assert "run without their values into another --store" in status
