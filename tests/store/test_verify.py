"""What damage a store shows, what is done about it, and that running again restores every bit."""

from collections.abc import Callable
from typing import Any

import pytest
import xarray as xr

import qtcore as qt
from qtcore.errors import DamagedStoreError
from qtcore.store.compact import compact
from qtcore.store.finished import finished_blocks
from qtcore.store.header import read_header
from qtcore.store.layout import COPY
from qtcore.store.lease import Lease
from qtcore.store.locate import place_of
from qtcore.store.place import Place
from qtcore.store.verify import verify

GRID = (2, 3, 1, 2)
KEY = "ln_g/c.1.2.0.1.0.0"
"""A chunk, and the block that it belongs to."""
BLOCK = ((1, 2, 0, 1), 0)
Same = Callable[[xr.Dataset], None]


def flip(content: bytes) -> bytes:
    """Flip one bit in the middle."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 16]) + content[middle + 1 :]


DAMAGE: dict[str, tuple[Callable[[bytes], bytes | None], str]] = {
    "cut off": (lambda content: content[: len(content) // 3], "is cut off or altered"),
    "zeroed": (lambda content: bytes(len(content)), "holds nothing but"),
    "one bit": (flip, "is cut off or altered"),
    "empty": (lambda _: b"", "is empty"),
    "gone": (lambda _: None, "is missing"),
}


def damage(place: Place, key: str, kind: str) -> bytes:
    """Damage an object; return what it was."""
    content = place.get(key)
    assert content is not None
    after = DAMAGE[kind][0](content)
    if after is None:
        place.delete(key)
    else:
        place.put(key, after)
    return content


def test_sound_store_has_no_findings(complete: str) -> None:
    report = verify(complete)
    assert (report.blocks, report.findings, report.reopened) == (36, [], 0)
    compact(complete)
    report = verify(complete)
    assert (report.blocks, report.findings, report.reopened) == (36, [], 0)


@pytest.mark.parametrize("kind", DAMAGE)
def test_damaged_chunk_is_found_set_aside_and_computed_again(
    complete: str, kind: str, write_block: Callable[..., None], assert_same_bits: Same
) -> None:
    place = place_of(complete)
    original = damage(place, KEY, kind)
    left = place.get(KEY)
    report = verify(complete, repair=False)
    assert finished_blocks(read_header(complete), GRID).all(), "only looked at"
    assert [finding.key for finding in report.findings] == [KEY]
    report = verify(complete)
    (finding,) = report.findings
    assert str(finding).startswith(f"{KEY} {DAMAGE[kind][1]}")
    assert report.reopened == 1
    finished = finished_blocks(read_header(complete), GRID)
    assert finished.size - finished.sum() == 1
    assert not finished[*BLOCK[0], BLOCK[1]]
    assert read_header(complete).attributes["completed"] == ""
    assert place.get("run/damaged/ln_g.c.1.2.0.1.0.0") == left
    assert verify(complete).findings == []
    write_block(complete, *BLOCK)
    assert place.get(KEY) == original
    assert_same_bits(qt.open(complete))


@pytest.mark.parametrize("kind", [kind for kind in DAMAGE if kind != "gone"])
def test_reading_damage_says_what_to_do(complete: str, kind: str) -> None:
    damage(place_of(complete), KEY, kind)
    dataset = qt.open(complete)
    dataset.isel(disorder=0).load()
    with pytest.raises(DamagedStoreError) as raised:
        dataset.load()
    said = str(raised.value)
    assert f"{complete} is damaged: a chunk of ln_g cannot be read" in said
    assert f"`qtcore verify-store {complete}`" in said


def test_damaged_marker_reopens_its_block(complete: str) -> None:
    damage(place_of(complete), "block_realizations/c.1.2.0.1.0.0", "one bit")
    report = verify(complete)
    assert report.reopened == 1
    assert not finished_blocks(read_header(complete), GRID)[*BLOCK[0], BLOCK[1]]


@pytest.mark.parametrize(
    "key",
    ["zarr.json", "ln_g/zarr.json", "block_realizations/zarr.json", "width/zarr.json", "width/c/0"],
)
@pytest.mark.parametrize("kind", ["cut off", "zeroed", "gone"])
@pytest.mark.first_cases(6)
def test_damaged_metadata_come_back_from_their_copy(
    complete: str, key: str, kind: str, assert_same_bits: Same
) -> None:
    place = place_of(complete)
    original = damage(place, key, kind)
    if kind != "gone":
        with pytest.raises(qt.InputError, match=r"qtcore verify-store|cannot be read"):
            qt.open(complete)
    (finding,) = verify(complete, repair=False).findings
    assert (finding.key, finding.remedy) == (key, "put back from its copy")
    report = verify(complete)
    assert report.reopened == 0
    assert place.get(key) == original
    assert verify(complete).findings == []
    assert_same_bits(qt.open(complete))


def test_damaged_copy_is_written_anew(complete: str) -> None:
    place = place_of(complete)
    original = damage(place, COPY, "cut off")
    (finding,) = verify(complete).findings
    assert finding.key == COPY
    assert place.get(COPY) == original


def test_a_good_copy_is_not_lost_to_damage(grow: Callable[..., None], complete: str) -> None:
    """A driver that starts on a damaged store must stop before it copies the damage."""
    place = place_of(complete)
    damage(place, "width/zarr.json", "one bit")
    copy = place.get(COPY)
    with pytest.raises(qt.InputError, match=r"is damaged: width/zarr.json; `qtcore verify-store"):
        grow(complete, 20)
    assert place.get(COPY) == copy


def test_both_damaged_is_said(complete: str) -> None:
    place = place_of(complete)
    damage(place, COPY, "cut off")
    damage(place, "width/c/0", "one bit")
    with pytest.raises(qt.InputError, match="cannot be repaired: width/c/0 and the copy"):
        verify(complete)


def test_running_store_is_left_alone(complete: str) -> None:
    with Lease(complete):
        with pytest.raises(qt.InputError, match="is in use"):
            verify(complete)
        assert verify(complete, repair=False).findings == []


@pytest.mark.parametrize("kind", ["cut off", "zeroed", "one bit", "gone"])
@pytest.mark.parametrize("name", ["ln_g", "block_realizations"])
@pytest.mark.first_cases(4)
def test_damaged_shard_is_repaired_by_expanding(
    complete: str,
    kind: str,
    name: str,
    write_block: Callable[..., None],
    assert_same_bits: Same,
) -> None:
    place = place_of(complete)
    compact(complete)
    (key,) = [key for key in place.keys(name) if not key.endswith("zarr.json")]
    damage(place, key, kind)
    assert verify(complete, repair=False).findings
    report = verify(complete)
    assert report.findings
    finished = finished_blocks(read_header(complete), GRID)
    assert not finished.all()
    if kind == "one bit":
        assert finished.size - finished.sum() <= 1 or name == "block_realizations"
    missing: Any
    for missing in zip(*(~finished).nonzero(), strict=True):
        *point, number = map(int, missing)
        write_block(complete, tuple(point), number)
    assert verify(complete).findings == []
    assert_same_bits(qt.open(complete))
