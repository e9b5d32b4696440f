"""What a shell completes, and how long that takes."""

import ast
import os
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qtcore.cli.completion import axes_in, presets_in
from qtcore.cluster.lookup import shipped_folders
from qtcore.workflow import load

Complete = Callable[..., list[str]]

SHIPPED = sorted(
    path for path in shipped_folders("workflows")[0].glob("*.py") if not path.name.startswith("_")
)


@pytest.fixture
def complete(qtcore: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Complete:
    """Ask as the function does that bash calls; the last word is the one that is typed."""

    def ask(*words: str) -> list[str]:
        monkeypatch.setitem(os.environ, "_QTCORE_COMPLETE", "complete_bash")
        monkeypatch.setitem(os.environ, "COMP_WORDS", "\n".join(("qtcore", *words)))
        monkeypatch.setitem(os.environ, "COMP_CWORD", str(len(words)))
        return [line for line in qtcore().out.splitlines() if line]

    return ask


@pytest.mark.usefixtures("here")
def test_names_of_workflows_presets_axes_and_clusters(complete: Complete) -> None:
    assert complete("run", "localization") == ["localization"]
    assert complete("list", "trans") == [
        *("transition_3d", "transition_symplectic", "transition_unitary_3d"),
    ]
    assert complete("run", "localization", "--preset", "") == ["quick", "standard", "paper"]
    assert complete("run", "localization", "--set", "dis") == [
        *("disorder=", "disorder=FIRST:LAST:COUNT"),
    ]
    assert complete("run", "nothing", "--preset", "") == []
    assert "slurm" in complete("run", "localization", "--cluster", "s")
    assert "--install-completion" in complete("--ins")


def test_definitions_of_ones_own_are_read_and_not_executed(complete: Complete, here: Path) -> None:
    (here / "mine.py").write_text(
        "import qtcore as qt\nraise SystemExit(open('executed', 'w'))\n"
        "workflow = qt.Workflow('mine', '', '', {'small': qt.Preset(gate=qt.Axis((1,)), n=2)})\n"
    )
    assert complete("run", "mi") == ["mine.py"]
    assert complete("run", "./mine.py", "--preset", "") == ["small"]
    assert complete("run", "mine.py", "--set", "ga")[0] == "gate="
    assert not (here / "executed").exists()
    (here / "mine.py").write_text("no python (")
    assert complete("run", "mine.py", "--preset", "") == []


def test_stores_and_their_axes(complete: Complete, here: Path) -> None:
    for name in ("a.zarr", "results/deep/b.zarr", "results/b.analysis.zarr"):
        (here / name).mkdir(parents=True)
        (here / name / "zarr.json").write_text("{}")
    axes = '{"axes": [{"name": "energy"}, {"name": "rm -r"}]}'.replace('"', '\\"')
    for name in ("a.zarr", "results/deep/b.zarr"):
        text = f'{{"attributes": {{"qtcore_format": 4, "spec": "{axes}"}}}}'
        (here / name / "zarr.json").write_text(text)
    assert complete("status", "") == ["a.zarr", "results/deep/b.zarr"]
    assert complete("status", "res") == ["results/deep/b.zarr"]
    assert complete("figure", "./a") == ["./a.zarr"]
    assert complete("check", "results/deep/") == ["results/deep/b.zarr"]
    assert complete("run", "localization", "--store", "a") == ["a.zarr"]
    assert complete("extend", "a.zarr", "--add", "") == ["energy=", "energy=FIRST:LAST:COUNT"]
    assert complete("extend", "results/b.analysis.zarr", "--add", "") == []


@pytest.mark.slow
@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_of_each_definition_the_text_tells_what_executing_it_would(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    workflow = load(path)
    assert presets_in(tree) == [*workflow.presets]
    settable = {name for preset in workflow.presets.values() for name in preset.settable}
    assert {*axes_in(tree), "lengths"} == settable


def processor_seconds(*arguments: str, **asked: str) -> float:
    """Return what the whole command takes; the lower of some, as other programs disturb caches."""
    took = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-c", "from qtcore.cli import main; main()", *arguments],
            env={**os.environ, **asked},
            check=True,
            capture_output=True,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(took)


@pytest.mark.further
def test_one_completion_takes_little_time(here: Path) -> None:
    """Beside `qtcore --help`, since a machine may be slow or busy: 0.3 s are 2.5 times as much."""
    for number in range(40):
        (here / "results" / f"{number}.zarr" / "c").mkdir(parents=True)
    plain = processor_seconds("--help")
    for words in ("run\nlocalization\n--set\nw", "status\nres"):
        typed = f"qtcore\n{words}"
        count = str(typed.count("\n"))
        asked = {"_QTCORE_COMPLETE": "complete_bash", "COMP_WORDS": typed, "COMP_CWORD": count}
        assert processor_seconds(**asked) < 2.5 * plain
