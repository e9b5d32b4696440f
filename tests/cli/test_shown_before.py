"""What is told before a sweep and of many runs: paired disorder, and names that are whole."""

import json
from pathlib import Path

import numpy as np
import pytest

import qtcore as qt
from qtcore.cli import main

TEXT = """
import qtcore as qt

def wire(point):
    return qt.Wire(qt.Square(point.width), qt.Box(point.disorder), flux=point.flux)

workflow = qt.Workflow(
    "mine", "Mine", "For tests.",
    {"quick": qt.Preset(width=(2, 3), disorder=(1.0, 2.0), flux=(0.0, 0.1), energy=(0.5, 0.6),
                        lengths=(4,), realizations=8)},
    wire=wire,
)
"""


@pytest.mark.parametrize(
    ("change", "along"),
    [
        (("", ""), "flux, energy"),
        # Another strength by field, by however little, makes other impurities: see decision 2.
        (
            ("qt.Square(point.width)", "qt.Square(point.width + int(10 * point.flux))"),
            "energy",
        ),
        (("qt.Box(point.disorder)", "qt.Box(point.disorder + 1e-6 * point.flux)"), "energy"),
    ],
)
@pytest.mark.first_cases(1)
def test_a_dry_run_and_a_run_say_along_which_axes_disorder_is_the_same(
    change: tuple[str, str],
    along: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    file = tmp_path / "mine.py"
    file.write_text(TEXT.replace(*change))
    words = ["run", str(file), "--store", str(tmp_path / "s.zarr"), "--cluster", "threads"]
    with pytest.raises(SystemExit):
        main([*words, "--dry-run"])
    planned = capsys.readouterr().out
    with pytest.raises(SystemExit):
        main([*words, "--part", "1/1"])
    begun = capsys.readouterr().err
    ds = qt.open(tmp_path / "s.zarr")
    assert ", ".join(json.loads(ds.attrs["common_disorder"])) == along
    assert f"same disorder along {along} lengths" in " ".join(planned.split())
    assert f"same disorder along: {along}\n" in begun


CASES = """
import qtcore as qt

def wire(point):
    return qt.Wire(qt.Square(2), qt.Box(point.strength), flux=point.field)

workflow = qt.Workflow(
    "cases", "Cases", "For tests.",
    {"quick": qt.Preset(sample=qt.Cases(CASES), energy=(0.5, 0.6), lengths=(4,), realizations=8)},
    wire=wire,
)
"""


@pytest.mark.parametrize(
    ("cases", "common", "partly", "said"),
    [
        # Two cases that differ in the field alone have the same impurities.
        ([(1.0, 0.0), (1.0, 0.1), (2.0, 0.0)], ["energy"], ["sample"], "some values of sample"),
        ([(1.0, 0.0), (1.0, 0.1)], ["sample", "energy"], [], "sample, energy"),
        ([(1.0, 0.0), (2.0, 0.1)], ["energy"], [], "along: energy\n"),
    ],
)
def test_cases_may_share_their_disorder(
    cases: list[tuple[float, float]],
    common: list[str],
    partly: list[str],
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Of cases, some of which had the same impurities, it was said that these differ."""
    file = tmp_path / "cases.py"
    rows = [{"strength": strength, "field": field} for strength, field in cases]
    file.write_text(CASES.replace("qt.Cases(CASES)", f"qt.Cases({rows})"))
    words = ["run", str(file), "--store", str(tmp_path / "s.zarr"), "--cluster", "threads"]
    with pytest.raises(SystemExit):
        main([*words, "--part", "1/1"])
    assert said in capsys.readouterr().err
    ds = qt.open(tmp_path / "s.zarr")
    assert json.loads(ds.attrs["common_disorder"]) == common
    assert json.loads(ds.attrs["partly_common_disorder"]) == partly
    first = [wire_of(*case).onsite(3, range(4), seed=1) for case in cases[:2]]
    assert np.array_equal(*first) == bool(partly or "sample" in common)


def wire_of(strength: float, field: float) -> qt.Wire:
    return qt.Wire(qt.Square(2), qt.Box(strength), flux=field)


def test_nothing_is_said_of_disorder_where_nothing_is_random(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "mine.py"
    file.write_text(TEXT.replace(", qt.Box(point.disorder)", ""))
    with pytest.raises(SystemExit):
        main(["run", str(file), "--store", str(tmp_path / "s.zarr"), "--dry-run"])
    assert "same disorder" not in capsys.readouterr().out


@pytest.mark.parametrize("columns", ["40", "200"])
@pytest.mark.first_cases(1)
def test_query_shows_names_of_stores_whole(
    columns: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    file = tmp_path / "mine.py"
    names = ["a-name-that-is-longer-than-a-column-likes-quick.zarr", "b.zarr", "c.zarr"]
    changes = [
        ("", ""),
        ("", ""),
        ("qt.Square(point.width)", "qt.Square(point.width, periodic=False)"),
    ]
    for name, change in zip(names, changes, strict=True):
        file.write_text(TEXT.replace(*change))
        options = {"settings": {"width": 2, "flux": 0.0, "energy": 0.5}, "progress": False}
        qt.run(file, store=tmp_path / name, cluster="threads", **options)
    with pytest.raises(SystemExit):
        main(["query", str(tmp_path)])
    head, *rows = capsys.readouterr().out.splitlines()
    assert [row.split()[0] for row in rows] == [str(tmp_path / name) for name in names]
    # Only functions tell the last one from the others.
    assert head.split()[-1] == "functions"
    digests = [row.split()[-1] for row in rows]
    assert digests[0] == digests[1] != digests[2]


def test_query_says_where_points_have_other_numbers_of_realizations(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It showed the largest number as that of all points; a command to go on asked for it, too."""
    file = tmp_path / "mine.py"
    more = "    realizations=lambda point, count: count * point.width, wire=wire,"
    file.write_text(TEXT.replace("    wire=wire,", more))
    options = {"settings": {"flux": 0.0, "energy": 0.5}, "progress": False, "cluster": "threads"}
    qt.run(file, store=tmp_path / "s.zarr", **options)
    with pytest.raises(SystemExit):
        main(["query", str(tmp_path)])
    assert "4 × 16 to 24" in capsys.readouterr().out
    with pytest.raises(qt.InputError, match="--seed 1") as told:
        qt.run(file, store=tmp_path / "s.zarr", seed=2, realizations=4, **options)
    assert "--realizations" not in str(told.value)
