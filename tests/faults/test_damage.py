"""Bytes of a finished sweep go wrong: it is found, and the same run restores every bit."""

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from distributed import Client

import qtcore as qt
from qtcore.errors import DamagedStoreError
from qtcore.store.verify import verify
from qtcore.sweep.fill_store import fill_store

pytestmark = pytest.mark.cluster

Connect = Callable[[], AbstractContextManager[Client]]
Same = Callable[[Path], None]


@pytest.fixture
def finished(tmp_path: Path, undisturbed_store: Path) -> Path:
    return Path(shutil.copytree(undisturbed_store, tmp_path / "a.zarr"))


def flip_one_bit(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "truncated": lambda content: content[: len(content) // 2],
    "zeroed": lambda content: bytes(len(content)),
    "one flipped bit": flip_one_bit,
}


@pytest.mark.parametrize("kind", DAMAGE)
def test_chunk(
    kind: str, finished: Path, sweep: qt.Sweep, threads: Connect, assert_same: Same
) -> None:
    chunk = finished / "ln_g" / "c.0.1.0.1.0"
    original = chunk.read_bytes()
    chunk.write_bytes(DAMAGE[kind](original))
    with pytest.raises(DamagedStoreError, match="a chunk of ln_g cannot be read"):
        qt.open(finished).load()
    assert verify(finished).reopened == 1
    again = fill_store(sweep, finished, threads)
    assert (again.blocks_done, again.blocks_left) == (1, 0)
    assert chunk.read_bytes() == original
    assert_same(finished)


@pytest.mark.parametrize("name", ["zarr.json", "ln_g/zarr.json", "width/zarr.json"])
def test_metadata_truncated(
    name: str, finished: Path, sweep: qt.Sweep, threads: Connect, assert_same: Same
) -> None:
    path = finished / name
    path.write_bytes(DAMAGE["truncated"](path.read_bytes()))
    with pytest.raises(qt.InputError, match=r"is damaged.*`qtcore verify-store"):
        fill_store(sweep, finished, threads)
    assert [finding.key for finding in verify(finished).findings] == [name]
    assert fill_store(sweep, finished, threads).blocks_left == 0
    assert_same(finished)


def test_metadata_gone(
    finished: Path, sweep: qt.Sweep, threads: Connect, assert_same: Same
) -> None:
    (finished / "ln_g" / "zarr.json").unlink()
    with pytest.raises(
        qt.InputError, match=r"is damaged: ln_g/zarr.json \(it is missing\); `qtcore verify-store"
    ):
        fill_store(sweep, finished, threads)
    assert verify(finished).findings
    assert_same(finished)
