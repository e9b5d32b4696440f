"""Exit codes tell a failed check, bad input, missing blocks and an unforeseen error apart."""

import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qtcore as qt
from qtcore import continuation, session
from qtcore.cli import main
from qtcore.reports import conclusion
from qtcore.sweep import status
from qtcore.workflow import DefinitionError

Command = Callable[..., Any]

RUN = ("run", "trial", "--cluster", "threads", "--store", "a.zarr")


@pytest.fixture
def changed(definition: Path) -> Callable[[str, str], None]:
    """Change a line of the definition."""

    def change(old: str, new: str) -> None:
        text = definition.read_text(encoding="utf-8")
        assert old in text
        definition.write_text(text.replace(old, new), encoding="utf-8")

    return change


Change = Callable[[str, str], None]


def test_a_check_that_fails_is_1_and_nothing_else_is(qtcore: Command, changed: Change) -> None:
    changed("EXPECTED_OFF = 0.0", "EXPECTED_OFF = 9.0")
    said = qtcore(*RUN)
    assert said.code == 1
    assert " checks failed: mean of ln g" in said.err
    assert qtcore("check", "a.zarr").code == 1
    assert qtcore("figure", "a.zarr").code == 0


@pytest.mark.usefixtures("definition")
def test_what_nobody_foresaw_is_4_with_its_traceback_and_what_to_do(
    qtcore: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(_: object) -> None:
        raise ZeroDivisionError("of qtcore's own")

    monkeypatch.setattr(status, "read_status", fault)
    said = qtcore("status", "a.zarr")
    assert said.code == 4
    assert "Traceback (most recent call last)" in said.err
    assert "ZeroDivisionError: of qtcore's own" in said.err
    last = said.err.rstrip().splitlines()[-1]
    assert last.startswith("This is a fault in qtcore, and not in what you typed.")
    assert "Samples that are finished are safe in their store" in last


@pytest.mark.usefixtures("definition")
def test_too_little_memory_is_said_in_words(
    qtcore: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hungry(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(session, "compute", hungry)
    said = qtcore(*RUN)
    assert said.code == 2
    assert "not enough memory for what was asked" in said.err
    assert "Traceback" not in said.err


@pytest.mark.usefixtures("definition")
@pytest.mark.parametrize(
    "command", [("status", "a.zarr"), ("figure", "a.zarr"), ("rerun", "a.zarr"), RUN]
)
def test_ctrl_c_is_3_for_every_command(
    qtcore: Command, monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(status, "read_status", interrupted)
    for module, name in (
        (conclusion, "conclude"),
        (continuation, "continuation"),
        (session, "compute"),
    ):
        monkeypatch.setattr(module, name, interrupted)
    said = qtcore(*command)
    assert said.code == 3
    assert "Stopped" in said.err


EXITS = "import sys; sys.exit(0)"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("return xr.Dataset({", f"{EXITS}\n    return xr.Dataset({{", "the analysis of trial fails"),
        ("figure = Figure(", f"{EXITS}\n    figure = Figure(", "the figure of trial"),
        ("mean = float(", f"{EXITS}\n    mean = float(", "check(result) of trial fails"),
        ("mean = float(", "1 / 0\n    mean = float(", "ZeroDivisionError"),
        ("return [Check(", "return [3] + [Check(", "must return a list of qtcore Check, got 3"),
        ("return [Check(", "return None\n    return [Check(", "return a list of qtcore Check, got None"),
        ("    return figure", "    return None", "must return a matplotlib Figure, got None"),
        ("return xr.Dataset({", "return None\n    return xr.Dataset({", "must return an xarray Dataset"),
        ("mean, 0.1, mean", "'much', 0.1, mean", "check(result) of trial fails"),
        ("def analyse(dataset):", "def analyse(dataset, more):", "missing 1 required positional"),
    ],
    ids=["analyse exits", "draw exits", "check exits", "check raises", "check gives 3",
         "check gives None", "draw gives None", "analyse gives None", "value is a text",
         "analyse takes two"],
)  # fmt: skip
@pytest.mark.first_cases(4)
def test_a_definition_that_fails_after_the_run_is_4_and_the_samples_are_safe(
    qtcore: Command, changed: Change, old: str, new: str, words: str
) -> None:
    """`sys.exit(0)` in it made `run` succeed."""
    changed(old, new)
    said = qtcore(*RUN)
    assert said.code == 4
    assert words in said.err
    assert said.err.rstrip().endswith("The samples are safe in the store.")
    assert "This is a fault in qtcore" not in said.err
    assert not np.isnan(qt.open("a.zarr").ln_g[:, :, :, :, :1]).any()
    if "draw" in words:  # numbers and checks were lost with the figure
        assert "mean of ln g" in said.out
        assert (Path.cwd() / "a.analysis.zarr").exists()
    command = "check" if "check" in words else "figure"
    assert qtcore(command, "a.zarr").code == (0 if "draw" in words and command == "check" else 4)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('"""A small workflow for tests."""', EXITS, "SystemExit: 0"),
        ("return (4, 8), None", EXITS, "lengths(points) of trial fails"),
        ("return (4, 8), None", "return 1 / 0", "lengths(points) of trial fails"),
        ("if preset.energy ==", f"{EXITS}\n    if preset.energy ==", "validate(preset) of trial"),
        ("if preset.energy ==", "if preset.enrgy ==", "this preset has no enrgy; it has"),
        ("return qt.Wire(", f"{EXITS}\n    return qt.Wire(", "wire() fails at disorder 1"),
        ("return qt.Wire(", "return point.widht\n    return qt.Wire(", "has no widht; it has"),
        ("return qt.Wire(", "return 3\n    return qt.Wire(", "wire() must return a qtcore.Wire"),
        ('"trial", "A trial"', '"../trial", "A trial"', "a workflow's name is of at most 100"),
        ('{"quick": qt.Preset(', '{"a/b": qt.Preset(', "presets of trial are names with a qtcore"),
        ('{"quick": qt.Preset(', '{"x": 3, "quick": qt.Preset(', "got 'x' with 3"),
    ],
    ids=["import", "lengths exit", "lengths raise", "refuse exits", "refuse raises", "wire exits",
         "wire raises", "wire gives 3", "name", "preset", "no preset"],
)  # fmt: skip
def test_a_definition_that_fails_before_the_run_is_2_and_nothing_is_written(
    qtcore: Command, here: Path, changed: Change, old: str, new: str, words: str
) -> None:
    changed(old, new)
    for more in ((), ("--dry-run",)):
        said = qtcore(*RUN, *more)
        assert said.code == 2
        assert words in said.err
        assert "This is a fault in qtcore" not in said.err
    assert not (here / "a.zarr").exists()


def test_a_planned_error_that_fails_names_itself(qtcore: Command, changed: Change) -> None:
    changed("1 / sweep.largest_count", "1 / 0 / sweep.largest_count")
    said = qtcore(*RUN, "--dry-run")
    assert said.code == 2
    assert "planned_error(sweep) of trial fails" in said.err
    assert qtcore(*RUN).code == 0, "it is about the dry run alone"


def test_the_same_in_python(definition: Path, changed: Change) -> None:
    changed("return (4, 8), None", EXITS)
    with pytest.raises(DefinitionError, match=r"lengths\(points\) of trial fails"):
        qt.plan(definition)


def test_a_current_folder_that_is_gone(
    qtcore: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    said = qtcore("list")
    assert said.code == 2
    assert "The current folder does not exist any more" in said.err


@pytest.mark.usefixtures("definition")
@pytest.mark.parametrize("line", [b'{"event": "BlockFailed", "point": "x"}', b"7", b'"x"', b"{}",
    b'{"event": "TaskDone", "time": "never"}', b'{"event": "Started", "time": 3}', b"\xff\xfe"])  # fmt: skip
@pytest.mark.first_cases(2)
def test_a_damaged_event_log_hides_no_store(qtcore: Command, here: Path, line: bytes) -> None:
    assert qtcore(*RUN).code == 0
    log = here / "a.zarr" / "run" / "events.jsonl"
    log.write_bytes(log.read_bytes() + line + b"\n")
    assert qtcore("status", "a.zarr").code == 0
    assert qtcore("timeline", "a.zarr").code in (0, 2)
    assert qtcore(*RUN, "--realizations", "24").code == 0


PROGRAM = [sys.executable, "-c", "from qtcore.cli import main; main()"]


HOW = ("2>&-", ">&-", ">&- 2>&- <&-", ">/dev/full 2>/dev/full", "2> >(head -c 1 >/dev/null)",
       "| head -c 1")  # fmt: skip


@pytest.mark.usefixtures("definition")
@pytest.mark.parametrize(
    "how",
    [
        pytest.param(HOW[0], marks=pytest.mark.further),
        *(pytest.param(how, marks=pytest.mark.slow) for how in HOW[1:]),
    ],
)
def test_streams_that_are_closed_full_or_broken_end_nothing(here: Path, how: str) -> None:
    """With standard error closed the next file that was opened took its number."""
    command = " ".join(f"'{word}'" for word in [*PROGRAM, *RUN])
    script = f"set -o pipefail; {command} {how}"
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    ended = subprocess.run(
        ["bash", "-c", script], cwd=here, env=environment, capture_output=True, check=False
    )
    assert ended.returncode == 0, ended.stderr
    assert qt.status(here / "a.zarr").complete
    assert (here / "a.png").exists()


@pytest.mark.usefixtures("definition")
@pytest.mark.parametrize(
    "words",
    [["list"], ["list", "--json"], ["query", "."], ["list", "--help"], ["--help"], ["--version"]],
)
def test_what_cannot_be_printed_is_said(
    words: list[str], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with Path("/dev/full").open("w") as full, monkeypatch.context() as patched:
        patched.setattr("sys.stdout", full)
        with pytest.raises(SystemExit) as ended:
            main(words)
    assert ended.value.code == 3
    said = capsys.readouterr().err
    assert "could not be written whole: No space left on device. Make room there" in said
    assert "Traceback" not in said
    with pytest.raises(SystemExit) as ended:
        main(["list"])
    assert ended.value.code == 0, "what was lost is forgotten"


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"]])
def test_help_into_a_closed_pipe_is_no_failed_check(
    words: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "w") as stream:
        monkeypatch.setattr("sys.stdout", stream)
        with pytest.raises(SystemExit) as ended:
            main(words)
    assert ended.value.code == 0


@pytest.mark.usefixtures("definition")
def test_a_console_that_lacks_the_signs_gets_escapes(
    qtcore: Command, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (tmp_path / "out").open("w", encoding="ascii") as stream:
        monkeypatch.setattr("sys.stdout", stream)
        assert qtcore(*RUN, "--dry-run").code == 0
    assert "\\xd7" in (tmp_path / "out").read_text(encoding="ascii")


def test_an_analysis_that_refuses_finished_samples_is_4(qtcore: Command, changed: Change) -> None:
    """Everything was computed by then, and exit code 2 says that nothing was."""
    changed(
        "def analyse(dataset):\n", "def analyse(dataset):\n    raise qt.InputError('box only')\n"
    )
    said = qtcore(*RUN)
    assert said.code == 4
    assert re.search(r"\.py, line \d+, in the analysis of trial: box only", said.err)
    assert "The samples are safe in the store" in said.err


def test_a_plan_lists_constants(qtcore: Command, changed: Change) -> None:
    """A list that is marked as a constant is none of the axes, and the plan shows it."""
    changed("realizations=16,", "realizations=16, kind=qt.Constant((0, 1)),")
    said = qtcore(*RUN, "--dry-run")
    assert "kind = [0, 1]" in said.out
