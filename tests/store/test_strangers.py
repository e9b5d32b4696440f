"""What a stranger's store can do to whoever verifies, opens or continues it: nothing."""

import io
import os
import tracemalloc
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from numcodecs import Zstd

import qtcore as qt
from qtcore.errors import DamagedStoreError, LinkError
from qtcore.store import archive, duplicate, journal
from qtcore.store.arrays import block_arrays
from qtcore.store.chunks import decode_chunk, encode_chunk, sealed
from qtcore.store.compact import compact
from qtcore.store.create import update_attributes
from qtcore.store.duplicate import unpacked
from qtcore.store.folder import Folder
from qtcore.store.header import read_header
from qtcore.store.journal import event_log
from qtcore.store.locate import place_of
from qtcore.store.mend import repair_of
from qtcore.store.shard import size_of_index
from qtcore.store.verify import verify
from qtcore.store.write import BlockWriter
from qtcore.sweep.observables import OBSERVABLES, USUAL

Make = Callable[..., None]


@pytest.fixture
def store(tmp_path: Path, make_complete: Make) -> Path:
    make_complete(tmp_path / "inner" / "run.zarr")
    return tmp_path / "inner" / "run.zarr"


def add_to_copy(store: Path, *members: tuple[str, bytes]) -> None:
    with zipfile.ZipFile(store / "run" / "copy.zip", "a", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members:
            archive.writestr(zipfile.ZipInfo(name), content)


def tree(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


NAMES = (
    *("../outside", "../../outside", "/tmp/e1-outside", "ln_g/../../outside", "..\\outside"),
    *("C:\\outside", "c:outside", "run/lease.json", "run/events.jsonl", "ln_g/c.0.0.0.0.0.0"),
    *("width/c/0/1", "width/c/1", "width/../zarr.json", "", ".", "..", "zarr.json/", "//zarr.json"),
    *("a/b/zarr.json", "../zarr.json", ".hidden/zarr.json", "width/./c/0", "other/zarr.json"),
)


@pytest.mark.parametrize("name", NAMES)
def test_a_copy_writes_only_what_belongs_to_a_store(store: Path, tmp_path: Path, name: str) -> None:
    add_to_copy(store, (name, b"{}"))
    before = tree(tmp_path)
    with suppress(qt.QtcoreError):
        verify(store)
    changed = {n for n, content in tree(tmp_path).items() if before.get(n) != content}
    assert changed <= {"inner/run.zarr/run/copy.zip"}
    assert not Path("/tmp/e1-outside").exists()
    assert not {*before} - {*tree(tmp_path)}


def test_a_member_that_is_larger_than_it_can_be_is_not_unpacked(store: Path) -> None:
    content = (store / "run" / "copy.zip").read_bytes()
    held = unpacked(content)
    assert held is not None
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, kept in held.items():
            archive.writestr(name, bytes(2**27) if name == "width/zarr.json" else kept)
    assert len(bomb.getvalue()) < 2**20
    assert unpacked(bomb.getvalue()) is None


def test_members_are_bounded_together(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    content = (store / "run" / "copy.zip").read_bytes()
    assert unpacked(content) is not None
    monkeypatch.setattr(duplicate, "MOST_COPY", 20_000)
    assert unpacked(content) is None
    monkeypatch.setattr(duplicate, "MOST_COPY", 2**30)
    monkeypatch.setattr(duplicate, "MOST_MEMBERS", 3)
    assert unpacked(content) is None


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_comes_twice_makes_a_copy_count_as_damaged(store: Path) -> None:
    add_to_copy(store, ("zarr.json", b"{}"))
    assert unpacked((store / "run" / "copy.zip").read_bytes()) is None


def test_a_chunk_of_a_coordinate_has_the_size_that_is_declared(store: Path) -> None:
    held = unpacked((store / "run" / "copy.zip").read_bytes())
    assert held is not None
    assert unpacked(duplicate.packed(held)) == held
    assert unpacked(duplicate.packed({**held, "width/c/0": bytes(10_000)})) is None


def test_a_chunk_cannot_ask_for_more_memory_than_it_has() -> None:
    """A frame of Zstandard states how much it unpacks to: here 2⁶⁰ bytes."""
    frame = b"\x28\xb5\x2f\xfd" + bytes([0b11100000]) + (2**60).to_bytes(8, "little") + bytes(8)
    with pytest.raises(ValueError, match="does not hold the 64 bytes"):
        decode_chunk(sealed(frame), np.dtype("float64"), (8,))
    for size in (1, 8, 100, 300, 70_000):
        values = np.random.default_rng(size).normal(size=size)
        found = decode_chunk(encode_chunk(values), values.dtype, values.shape)
        assert found.tobytes() == values.tobytes()


@pytest.mark.parametrize("level", [-5, 1, 19])
@pytest.mark.parametrize("checksum", [False, True])
def test_chunks_that_did_not_compress_are_read_as_the_library_reads_them(
    level: int, checksum: bool
) -> None:
    rng = np.random.default_rng(1)
    codec = Zstd(level=level, checksum=checksum)
    plain = 0
    for size in (1, 8, 100, 255, 256, 300, 16_384, 20_000):
        for values in (rng.normal(size=size), np.zeros(size), rng.integers(3, size=size) * 1.0):
            frame = codec.encode(values.tobytes())
            plain += len(frame) > values.nbytes
            found = decode_chunk(sealed(frame), values.dtype, values.shape)
            assert found.tobytes() == codec.decode(frame) == values.tobytes()
    assert plain > 2


def test_a_plain_block_of_another_size_is_refused() -> None:
    frame = Zstd(level=1).encode(np.random.default_rng(1).bytes(100))
    assert frame[6:9] == (100 << 3 | 1).to_bytes(3, "little")  # the last block, not compressed
    assert decode_chunk(sealed(frame), np.dtype("u1"), (100,)).tobytes() == frame[9:]
    for other in (
        frame[:-1],
        frame + b"!",
        frame[:6] + (99 << 3 | 1).to_bytes(3, "little") + frame[9:-1],
        frame[:6] + (100 << 3 | 7).to_bytes(3, "little") + frame[9:],  # a type that there is not
        frame[:4] + bytes([frame[4] | 8]) + frame[5:],  # a bit that is kept for later versions
    ):
        with pytest.raises(ValueError, match=r"Zstd|does not hold|size|corrupt"):
            decode_chunk(sealed(other), np.dtype("u1"), (100,))


@pytest.mark.parametrize("name", ["ln_g", "block_realizations", "run"])
def test_nothing_is_written_through_a_link(
    store: Path, tmp_path: Path, name: str, write_block: Make
) -> None:
    outside = tmp_path / "outside"
    (store / name).rename(outside)
    (store / name).symlink_to(outside)
    for path in outside.glob("c.1.2.0.1.0.*"):
        path.write_bytes(b"mine")
    before = tree(outside)
    with pytest.raises((LinkError, qt.InputError), match="link"):
        verify(store)
    if name != "run":
        with pytest.raises(LinkError, match="is a link"):
            write_block(store, (1, 2, 0, 1), 0)
    assert tree(outside) == before


def test_a_file_that_is_a_link_is_replaced_and_what_it_points_to_stays(
    store: Path, tmp_path: Path, write_block: Make
) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"mine")
    for key in ("run/copy.zip", "width/zarr.json", "ln_g/c.1.2.0.1.0.0"):
        (store / key).unlink()
        (store / key).symlink_to(precious)
        verify(store)
    write_block(store, (1, 2, 0, 1), 0)
    assert precious.read_bytes() == b"mine"
    assert not (store / "ln_g/c.1.2.0.1.0.0").is_symlink()


@pytest.mark.parametrize(
    "key",
    [
        *("ln_g/c.1.2.0.1.0.0", "block_realizations/c.1.2.0.1.0.0", "width/c/0", "width/zarr.json"),
        *("zarr.json", "run/copy.zip"),
    ],
)
def test_what_a_link_in_a_store_points_to_is_not_read(
    store: Path, tmp_path: Path, key: str
) -> None:
    """A link to a private file: nothing of it comes into the store, nor does it change."""
    private = tmp_path / "private"
    private.write_bytes(b"my private key")
    assert (store / key).exists()
    (store / key).unlink()
    (store / key).symlink_to(private)
    with suppress(qt.QtcoreError):
        assert b"private" not in qt.open(store).load().ln_g.to_numpy().tobytes()
    report = verify(store)
    assert key in [finding.key for finding in report.findings]
    assert private.read_bytes() == b"my private key"
    assert not any(b"my private key" in content for content in tree_without_links(store).values())


def tree_without_links(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


def test_a_pipe_in_a_store_holds_nobody_up(store: Path) -> None:
    (store / "width" / "zarr.json").unlink()
    os.mkfifo(store / "width" / "zarr.json")
    with pytest.raises(qt.InputError, match=r"width/zarr\.json"):
        qt.open(store)


def test_a_writer_makes_no_skeleton_of_a_store_that_was_moved(store: Path, tmp_path: Path) -> None:
    variables = tuple(OBSERVABLES[name] for name in USUAL)
    writer = BlockWriter(read_header(store), variables)
    values = {v.name: np.zeros((8, 3)) for v in variables}
    writer.write((0, 0, 0, 0), 0, values)
    store.rename(tmp_path / "moved.zarr")
    with pytest.raises(qt.QtcoreError, match=r"there is no store at .* any more; if it was moved"):
        writer.write((0, 0, 0, 0), 0, values)
    assert not store.exists()


def test_a_writer_writes_to_the_store_that_was_looked_at(
    store: Path, tmp_path: Path, make_complete: Make
) -> None:
    """It took what lay there when it was made for the store that its worker had checked before."""
    make_complete(tmp_path / "other.zarr")
    update_attributes(tmp_path / "other.zarr", {"spec_hash": "that of another sweep"})
    header = read_header(store)
    store.rename(tmp_path / "moved.zarr")
    (tmp_path / "other.zarr").rename(store)
    before = {path: path.read_bytes() for path in store.rglob("*") if path.is_file()}
    variables = tuple(OBSERVABLES[name] for name in USUAL)
    values = {v.name: np.zeros((8, 3)) for v in variables}
    with pytest.raises(qt.QtcoreError, match=r"another store lies at .* now, and nothing was"):
        BlockWriter(header, variables).write((0, 0, 0, 0), 0, values)
    assert {path: path.read_bytes() for path in store.rglob("*") if path.is_file()} == before


HUGE = 2**36
"""Bytes of a file that holds nothing: more than the memory of the machines that run the tests."""


@pytest.mark.parametrize("compacted", [False, True])
def test_a_file_of_any_size_in_the_place_of_a_chunk_is_not_read_whole(
    store: Path, monkeypatch: pytest.MonkeyPatch, compacted: bool
) -> None:
    if compacted:
        compact(store)
    path = sorted((store / "ln_g").glob("c*"))[0]
    path = next(found for found in (path, *path.rglob("*")) if found.is_file())
    with path.open("r+b") as file:
        file.truncate(HUGE)
    asked = []
    read = Folder.get

    def get(self: Folder, key: str, most: int | None = None) -> bytes | None:
        content = read(self, key, 2**20)
        asked.append((key, most))
        return content

    monkeypatch.setattr(Folder, "get", get)
    with pytest.raises(DamagedStoreError, match=r"ln_g"):
        qt.open(store).load()
    assert verify(store, repair=False).findings
    verify(store)
    key = str(path.relative_to(store))
    assert all(most is not None and most <= 2**28 for name, most in asked if name == key)
    monkeypatch.undo()
    assert not verify(store).findings


@pytest.mark.parametrize(
    ("offset", "length"), [(0, 2**64 - 2), (0, 2**40), (2**63, 8), (2**63 - 1, 8), (2**45, 8)]
)
@pytest.mark.parametrize("name", ["ln_g", "block_realizations"])
@pytest.mark.first_cases(4)
def test_an_index_of_a_shard_asks_for_no_memory(
    store: Path, name: str, offset: int, length: int
) -> None:
    compact(store)
    path = next(found for found in sorted((store / name / "c").rglob("*")) if found.is_file())
    array = block_arrays(read_header(store))[name]
    content = path.read_bytes()
    size = size_of_index(int(np.prod(array.per_shard)))
    index = np.frombuffer(content[-size:-4], dtype="<u8").copy()
    index[:2] = offset, length
    path.write_bytes(content[:-size] + sealed(index.tobytes()))
    with pytest.raises(DamagedStoreError, match="is damaged"):
        qt.open(store).load()
    report = verify(store)
    assert str(path.relative_to(store)) in [finding.key for finding in report.findings]
    assert report.reopened == (36 if name == "ln_g" else 0)  # without marks there are no blocks
    assert not verify(store).findings


def peak_of(work: Callable[[], object]) -> int:
    """Return the largest amount of memory that something takes, in bytes."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("behind", [False, True])
def test_a_copy_of_any_size_is_not_read_whole(store: Path, behind: bool) -> None:
    """A file without content takes no room on a disk; a ZIP file may have a gap before its members."""
    path = store / "run" / "copy.zip"
    content = path.read_bytes()
    os.truncate(path, 30 * 2**30)
    if behind:
        with path.open("ab") as file:
            file.write(content)
    assert peak_of(lambda: repair_of(place_of(store))) < 2**27
    assert "run/copy.zip" in [finding.key for finding in repair_of(place_of(store)).findings]
    verify(store)
    assert path.stat().st_size < 2**20
    assert unpacked(path.read_bytes()) is not None


def test_a_large_copy_is_read_member_by_member(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = duplicate.kept_copy(place_of(store))
    monkeypatch.setattr(archive, "WHOLE", 10)
    assert whole
    assert duplicate.kept_copy(place_of(store)) == whole
    monkeypatch.setattr(archive, "MOST_AT_ONCE", 10)
    assert duplicate.kept_copy(place_of(store)) is None


def test_an_event_log_of_any_size_is_read_by_lines(
    store: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal, "MOST_BYTES", 2**27)
    path = store / "run" / "events.jsonl"
    with event_log(store) as log:
        log.write("before")
    os.truncate(path, 2**26)
    with path.open("ab") as file:
        file.write(b"\nafter\nthe end")
    os.truncate(path, 30 * 2**30)
    assert peak_of(lambda: [*event_log(store).lines()]) < 2**24
    assert [*event_log(store).lines()] == ["before", "after"]
