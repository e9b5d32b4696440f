"""`qtcore extend` and `rerun` with something to add: nothing is typed again, nothing computed twice."""

import os
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qtcore as qt

Command = Callable[..., Any]

RUN = ("--cluster", "threads", "--quiet")

SHAPES = '''
    """Points with windows of their own, a share of realizations, and cases."""
    import qtcore as qt


    def wire(point):
        return qt.Wire(qt.Square(point.size), qt.Box(point.disorder))


    def lengths(points):
        return qt.windows([(2 * p.size, 20 * p.size / p.disorder) for p in points], per_octave=2)


    def realizations(point, count):
        return max(1, count // 2) if point.disorder > 1 else count


    CASES = qt.Cases([{"size": 1}, {"size": 2}])
    workflow = qt.Workflow(
        "shapes", "Shapes", "Sweeps next to nothing.",
        {"quick": qt.Preset(disorder=(1.0, 2.0), sample=CASES, energy=0.5, realizations=16)},
        wire=wire, lengths=lengths, realizations=realizations,
    )
'''


@pytest.fixture
def stored(qtcore: Command, definition: Path) -> str:
    """A store of the trial with another seed, preset and axes than the usual ones."""
    options = ("--preset", "standard", "--set", "width=2,3", "--seed", "7", "--realizations", "10")
    assert qtcore("run", definition, *options, "--store", "a.zarr", *RUN).code == 0
    return "a.zarr"


def test_extend_is_the_run_that_asks_for_everything(
    qtcore: Command, stored: str, definition: Path
) -> None:
    said = qtcore("extend", stored, "--add", "width=2,4", "--realizations", "20", *RUN)
    assert said.code == 0, said.err
    assert "mean of ln g" in said.out  # analysed, as by `run`
    assert Path("a.png").exists()
    whole = ("--preset", "standard", "--set", "width=2,3,4", "--seed", "7", "--realizations", "20")
    assert qtcore("run", definition, *whole, "--store", "b.zarr", *RUN).code == 0
    found, straight = qt.open(stored), qt.open("b.zarr")
    assert found.width.values.tolist() == [2, 3, 4]
    assert found.finished.values.tolist() == straight.finished.values.tolist()
    np.testing.assert_array_equal(found.ln_g.values, straight.ln_g.values)


def test_a_rehearsal_counts_what_is_new_alone_and_writes_nothing(
    qtcore: Command, stored: str, here: Path
) -> None:
    before = {path: path.stat().st_mtime_ns for path in here.rglob("*")}
    plan = qt.plan_extension(stored, add={"width": (4, 5)}, realizations=12)
    assert plan.realizations_left == 2 * 12 + 2 * 2  # of the stored points only what they lack
    for command in ("extend", "rerun"):
        said = qtcore(command, stored, "--add", "width=4", "--dry-run")
        assert (said.code, "3 width" in said.out) == (0, True)
        assert "nothing was written" in said.out
    assert {path: path.stat().st_mtime_ns for path in here.rglob("*")} == before


def test_rerun_adds_into_another_store(qtcore: Command, stored: str) -> None:
    said = qtcore("rerun", stored, "--store", "c.zarr", "--add", "width=4:6:2", *RUN)
    assert said.code == 0, said.err
    assert qt.open("c.zarr").width.values.tolist() == [2, 3, 4, 6]
    assert qt.open(stored).width.values.tolist() == [2, 3]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ((), "nothing is to be added to a.zarr"),
        (
            ("--add", "energie=0.7"),
            "--add energie=0.7: unknown parameter 'energie', did you mean energy",
        ),
        (("--add", "lengths=4,8,16"), "lengths cannot be added"),
        (("--add", "width=0"), "width takes whole numbers >= 1"),
        (("--add", "width"), "--add width: expected NAME=VALUE"),
        (("--realizations", "0"), "realizations takes a whole number >= 1"),
    ],
)
@pytest.mark.first_cases(3)
def test_what_cannot_be_added_is_refused(
    options: tuple[str, ...], words: str, qtcore: Command, stored: str
) -> None:
    said = qtcore("extend", stored, *options, *RUN)
    assert said.code == 2
    assert words in said.err
    assert qt.open(stored).sizes["width"] == 2


def test_a_definition_that_has_changed_its_functions_gives_way_to_the_stored_text(
    qtcore: Command, stored: str, definition: Path
) -> None:
    text = definition.read_text().replace("qt.Box(point.disorder)", "qt.Gaussian(point.disorder)")
    definition.write_text(text)
    said = qtcore("extend", stored, "--add", "width=4", *RUN)
    assert said.code == 0, said.err
    definition.unlink()  # the text in the store is enough, since this user has run it
    assert qtcore("extend", stored, "--add", "width=5", *RUN).code == 0
    assert qt.open(stored).width.values.tolist() == [2, 3, 4, 5]


def test_a_definition_from_elsewhere_is_refused_with_the_way_on(
    qtcore: Command, stored: str, definition: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    definition.unlink()
    monkeypatch.setitem(os.environ, "XDG_DATA_HOME", str(tmp_path / "another user"))
    said = qtcore("extend", stored, "--add", "width=4", *RUN)
    assert said.code == 2
    assert "let it run with --trust" in said.err
    assert qt.open(stored).sizes["width"] == 2
    with pytest.raises(qt.QtcoreError, match="trust=True"):
        qt.extend(stored, add={"width": 4}, progress=False)
    grown = qt.extend(stored, add={"width": 4}, cluster="threads", progress=False, trust=True)
    assert grown.width.values.tolist() == [2, 3, 4]


def test_windows_shares_and_cases_follow_the_definition(here: Path) -> None:
    path = here / "shapes.py"
    path.write_text(textwrap.dedent(SHAPES), encoding="utf-8")
    store: dict[str, Any] = {"cluster": "threads", "progress": False}
    before = qt.run(path, store="s.zarr", **store).load()
    add = {"disorder": 1.5, "sample": {"like": 0, "size": 3}}
    with pytest.raises(
        qt.InputError, match=r"sample 2 the definition asks for lengths up to 6\d slices"
    ):
        qt.extend("s.zarr", add=add, **store)
    after = qt.extend("s.zarr", add={"disorder": "1.5", "sample": 1}, **store)
    assert after.finished.sel(disorder=1.5).values.tolist() == [8, 8]
    assert after.finished.sel(disorder=1.0).values.tolist() == [16, 16]
    np.testing.assert_array_equal(after.ln_g.sel(disorder=[1.0, 2.0]).values, before.ln_g.values)
    new = after.ln_g.sel(disorder=1.5, sample=0).isel(realization=slice(8))
    known = new.dropna("length").length.values
    assert known[0] <= 2 < known[1]
    assert known[-2] < 20 / 1.5 <= known[-1]
