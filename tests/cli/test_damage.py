"""Damage that commands meet in a finished store: said as such, and a run computes the block again."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import qtcore as qt
from qtcore.reports.gathered import gather
from qtcore.reports.page import page
from qtcore.store.compact import compact
from qtcore.store.verify import verify

Command = Callable[..., Any]

RUN = ("run", "trial", "--cluster", "threads", "--store", "a.zarr")


@pytest.fixture
def damaged(definition: Path, qtcore: Command) -> tuple[Path, bytes]:
    """A chunk with a flipped bit in a finished store, and what it was."""
    assert qtcore(*RUN, "--part", "1/1").code == 0
    chunk = definition.parents[1] / "a.zarr" / "ln_g" / "c.0.1.0.0.0.0"
    original = chunk.read_bytes()
    chunk.write_bytes(bytes([*original[:-9], original[-9] ^ 4, *original[-8:]]))
    return chunk, original


def test_reading_commands_say_that_it_is_damage(
    qtcore: Command, damaged: tuple[Path, bytes]
) -> None:
    """It was told as a fault of the definition, with `The samples are safe`."""
    chunk, _ = damaged
    before = chunk.read_bytes()
    for command in ("check", "figure"):
        said = qtcore(command, "a.zarr")
        assert said.code == 3
        assert "a.zarr is damaged: a chunk of ln_g cannot be read" in said.err
        assert "`qtcore verify-store" in said.err
        assert "samples are safe" not in said.err
        assert "of trial" not in said.err
    assert chunk.read_bytes() == before, "only looked at"


def test_a_store_that_cannot_be_read_does_not_widen_the_table(
    qtcore: Command, damaged: tuple[Path, bytes]
) -> None:
    """Its sentence stood in a column, which made the table 250 characters wide."""
    store = damaged[0].parents[1]
    (store / "zarr.json").write_bytes((store / "zarr.json").read_bytes()[:100])
    said = qtcore("query", store.parent)
    assert said.code == 0
    assert "cannot be read" in said.out
    assert max(map(len, said.out.splitlines())) < len(str(store)) + 120
    assert "zarr.json is damaged" in said.err


def test_a_run_computes_a_damaged_block_again(qtcore: Command, damaged: tuple[Path, bytes]) -> None:
    chunk, original = damaged
    said = qtcore(*RUN)
    assert said.code == 0, said.err
    assert "To compute again now: 1 damaged block." in said.err
    assert chunk.read_bytes() == original
    assert verify("a.zarr").findings == []


def test_a_goal_that_meets_a_damaged_block_computes_it_again(
    qtcore: Command, definition: Path
) -> None:
    text = definition.read_text(encoding="utf-8")
    definition.write_text(
        text.replace("wire=wire,", 'wire=wire, goal=qt.Goal("ln_g"),'), encoding="utf-8"
    )
    goal = (*RUN, "--precision", "9", "--realizations", "16")
    assert qtcore(*goal).code == 0
    chunk = definition.parents[1] / "a.zarr" / "ln_g" / "c.0.1.0.0.0.0"
    original = chunk.read_bytes()
    chunk.write_bytes(bytes([*original[:-9], original[-9] ^ 4, *original[-8:]]))
    said = qtcore(*goal)
    assert said.code == 0, said.err
    assert chunk.read_bytes() == original


def test_of_a_compacted_store_a_run_says_what_to_do(
    qtcore: Command, damaged: tuple[Path, bytes]
) -> None:
    chunk, original = damaged
    chunk.write_bytes(original)
    verify("a.zarr")
    compact("a.zarr")
    (shard,) = (chunk.parent / "c" / "0" / "0" / "0" / "0" / "0").iterdir()
    content = shard.read_bytes()
    shard.write_bytes(bytes([*content[:20], content[20] ^ 1, *content[21:]]))
    said = qtcore(*RUN)
    assert said.code == 3
    assert "a.zarr is damaged: a chunk of ln_g cannot be read" in said.err
    assert "`qtcore verify-store" in said.err


def test_a_run_on_labels_of_another_store_takes_its_own(
    qtcore: Command, damaged: tuple[Path, bytes]
) -> None:
    chunk, original = damaged
    chunk.write_bytes(original)
    store = chunk.parents[1]
    width = (store / "width" / "c" / "0").read_bytes()
    shutil.copy(store / "length" / "c" / "0", store / "width" / "c" / "0")
    assert qt.open(store).width.to_numpy().tolist() == [1, 2]
    assert qtcore("check", "a.zarr").code == 0
    assert qtcore(*RUN).code == 0
    assert (store / "width" / "c" / "0").read_bytes() == width


def test_a_copy_of_another_store_is_told_and_written_anew(
    qtcore: Command, damaged: tuple[Path, bytes]
) -> None:
    chunk, original = damaged
    chunk.write_bytes(original)
    other = (*RUN[:-1], "b.zarr", "--seed", "2", "--part", "1/1")
    assert qtcore(*other).code == 0
    shutil.copy("b.zarr/run/copy.zip", "a.zarr/run/copy.zip")
    for command in ("check", "status"):
        said = qtcore(command, "a.zarr")
        assert said.code == 0
        assert "contradicts the copy that it keeps of itself in run/copy.zip" in said.err
        assert "`qtcore verify-store" in said.err
    refused = qtcore(*RUN)
    assert refused.code == 2
    assert "until then nothing is done on either" in refused.err
    said = qtcore("verify-store", "a.zarr")
    assert said.code == 3
    assert "the blocks prove the store" in " ".join(said.out.split())
    for command in (RUN, ("verify-store", "a.zarr")):
        assert qtcore(*command).code == 0
    assert "contradicts" not in qtcore("check", "a.zarr").err


@pytest.mark.parametrize("what", ["zarr.json", "ln_g/zarr.json"])
@pytest.mark.first_cases(1)
def test_metadata_that_are_damaged_are_no_bad_input(
    qtcore: Command, definition: Path, what: str
) -> None:
    """A run that met them in the middle ended with the code of bad input, 2."""
    assert qtcore(*RUN).code == 0
    path = definition.parents[1] / "a.zarr" / what
    original = path.read_bytes()
    path.write_bytes(b"")
    for command in (("check", "a.zarr"), ("status", "a.zarr"), RUN):
        said = qtcore(*command)
        assert said.code == 3, command
        assert "damaged" in said.err
        assert "`qtcore verify-store" in said.err
    assert qtcore("verify-store", "a.zarr").code in (0, 3)
    assert path.read_bytes() == original
    assert qtcore(*RUN).code == 0


def test_status_and_report_say_that_an_axis_is_missing(qtcore: Command, definition: Path) -> None:
    assert qtcore(*RUN).code == 0
    store = definition.parents[1] / "a.zarr"
    shutil.rmtree(store / "width")
    said = qtcore("status", "a.zarr")
    assert said.code == 3
    assert "complete, but damaged" in said.out
    assert "a.zarr is damaged: width/zarr.json is missing" in said.err
    assert "`qtcore verify-store" in said.err
    assert qt.status(store).damaged == ("width/zarr.json",)
    assert "complete, but damaged" in str(qt.status(store))
    assert json.loads(qtcore("status", "a.zarr", "--json").out)["damaged"] == ["width/zarr.json"]
    told = page(gather(store))
    assert "finished, but its store is damaged" in told
    assert "width/zarr.json is missing" in told
    assert qtcore("verify-store", "a.zarr").code == 3
    said = qtcore("status", "a.zarr")
    assert (said.code, "damaged" in said.out) == (0, False)


@pytest.mark.parametrize(
    ("name", "dimension"), [("ln_g", 1), ("ln_g", 0), ("block_realizations", 1)]
)
@pytest.mark.first_cases(1)
def test_metadata_of_an_absurd_size_are_damage(
    qtcore: Command, definition: Path, name: str, dimension: int
) -> None:
    """Whoever met them had "not enough memory"."""
    assert qtcore(*RUN).code == 0
    path = definition.parents[1] / "a.zarr" / name / "zarr.json"
    document = json.loads(path.read_text())
    document["shape"][dimension] = 10**15
    path.write_text(json.dumps(document))
    for command in (("show", "a.zarr"), ("status", "a.zarr")):
        said = qtcore(*command)
        assert said.code == 3
        assert f"a.zarr is damaged: {name}/zarr.json speaks of an array of" in said.err
        assert "more than the store states; `qtcore verify-store" in said.err
    assert qtcore("verify-store", "a.zarr").code == 3
    assert qtcore("show", "a.zarr").code == 0
