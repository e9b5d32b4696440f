"""A store keeps the definition of its last run; texts of before stay, and the file may differ."""

import json
from pathlib import Path

import pytest
import xarray as xr

import qtcore as qt
from qtcore.cli import main
from qtcore.store.compact import compact
from qtcore.store.create import update_attributes
from qtcore.store.header import read_header
from qtcore.store.verify import verify
from qtcore.sweep.trusted import digest_of

TEXT = """
import numpy as np
import qtcore as qt
from qtcore import estimate


def solve(point, realizations):
    return {"x": [np.random.default_rng([point.seed, n]).random() for n in realizations]}


def measure(at):
    return {"mean": FACTOR * estimate.mean(at.x)}


workflow = qt.Workflow(
    "mine", "Mine", "For tests.",
    {"quick": qt.Preset(flux=(0.0, 1.0), realizations=20)},
    solve=solve, variables=[qt.Variable("x", long_name="a number")],
    quantities=[qt.Quantity("mean", source="half", long_name="mean")],
    measure=measure, expect=lambda at: {"mean": qt.Expected(0.5, 0.2)},
)
"""
WRONG, MENDED = TEXT.replace("FACTOR", "3"), TEXT.replace("FACTOR", "1")


def run(definition: Path, store: Path, **options: object) -> xr.Dataset:
    return qt.run(definition, store=store, cluster="threads", progress=False, **options)  # type: ignore[arg-type]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "mine.py"
    path.write_text(WRONG)
    return path


@pytest.fixture
def store(file: Path, tmp_path: Path) -> Path:
    run(file, tmp_path / "s.zarr")
    return tmp_path / "s.zarr"


def code(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main([*words])
    return int(ended.value.code or 0)


def passed(store: Path) -> list[bool]:
    return [check.passed for check in qt.check(store)]


@pytest.mark.parametrize("more", [None, 40], ids=["nothing-new", "extended"])
def test_a_run_with_a_mended_definition_gives_it_to_the_store(
    file: Path, store: Path, more: int | None
) -> None:
    assert not all(passed(store))
    file.write_text(MENDED)
    run(file, store, realizations=more)
    assert qt.source(store) == MENDED
    file.unlink()
    assert all(passed(store))
    kept = store / "run" / "definitions" / f"{digest_of(WRONG)[:16]}.py"
    assert kept.read_text() == WRONG
    assert xr.open_zarr(store).attrs["definition_source"] == MENDED  # consolidated again
    assert verify(store).findings == []
    assert not qt.status(store).problems


def test_the_same_definition_changes_no_file(file: Path, store: Path) -> None:
    def files() -> dict[Path, bytes]:
        return {p: p.read_bytes() for p in store.rglob("*") if p.is_file()}

    before = files()
    run(file, store)
    assert files() == before


def test_what_the_run_said_besides_follows_too(file: Path, store: Path, tmp_path: Path) -> None:
    """Where its definition lies, the name of its preset, and whether realizations may be equal."""
    file.unlink()
    moved = tmp_path / "moved.py"
    moved.write_text(
        MENDED.replace('"quick":', '"small":').replace(
            "measure=measure,", "measure=measure, distinct=False,"
        )
    )
    run(moved, store)
    attributes = read_header(store).attributes
    assert attributes["definition"] == str(moved)
    assert attributes["preset"] == "small"
    assert attributes["distinct"] is False


def test_a_compacted_store_follows_and_stays_compacted(file: Path, store: Path) -> None:
    compact(store)
    file.write_text(MENDED)
    run(file, store)
    assert read_header(store).compacted
    assert qt.source(store) == MENDED
    assert verify(store).findings == []


def test_a_store_of_before_without_a_text_takes_one(file: Path, store: Path) -> None:
    update_attributes(store, {"definition_source": ""})
    run(file, store)
    assert qt.source(store) == WRONG
    assert not (store / "run" / "definitions").exists()


def test_a_refused_run_changes_nothing(file: Path, store: Path) -> None:
    file.write_text(MENDED.replace(".random()", ".normal()"))
    assert code("run", str(file), "--store", str(store), "--cluster", "threads") == 2
    assert qt.source(store) == WRONG


def test_repeating_a_store_gives_its_text_to_no_other(
    file: Path, store: Path, tmp_path: Path
) -> None:
    """Only a text that this process has executed takes the place of one that is there."""
    other = tmp_path / "other.zarr"
    file.write_text(MENDED)
    run(file, other)
    qt.rerun(store, other, cluster="threads", progress=False)
    assert qt.source(other) == MENDED


def test_an_edited_file_is_told_by_check_and_source(
    file: Path, store: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code("check", str(store))
    assert "is not the text" not in capsys.readouterr().err
    file.write_text(MENDED)
    assert code("check", str(store)) == 0
    assert f"{file} is not the text that {store} keeps" in capsys.readouterr().err
    assert code("source", str(store)) == 0
    said = capsys.readouterr()
    assert said.out == WRONG
    assert f"{file} is not the text that {store} keeps" in said.err
    run(file, store)
    assert code("source", str(store)) == 0
    said = capsys.readouterr()
    assert said.out == MENDED
    assert "is not the text" not in said.err
    assert "1 text in run/definitions" in said.err


def test_the_parts_of_a_sweep_give_their_definition_too(file: Path, store: Path) -> None:
    file.write_text(MENDED)
    for part in ("1/2", "2/2"):
        run(file, store, part=part, realizations=40)
    assert qt.source(store) == MENDED
    assert json.loads(read_header(store).attributes["spec"])["realizations"] == 40
