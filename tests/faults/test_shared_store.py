"""Two users and one store: each goes on where the other has stopped, whatever their umask."""

import os
import stat
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import qtcore as qt
from qtcore.errors import CannotWriteError
from qtcore.reports.files import save_dataset
from qtcore.store.compact import compact, expand
from qtcore.store.create import create, extend, update_attributes
from qtcore.store.header import read_header
from qtcore.store.journal import event_log
from qtcore.store.layout import ArraySpec, Coordinate, Layout
from qtcore.store.lease import Lease
from qtcore.store.locate import place_of
from qtcore.store.write import BlockWriter

pytestmark = pytest.mark.skipif(os.getuid() != 0, reason="only root can be two users")

FIRST, SECOND, GROUP = 20001, 20002, 20100

VARIABLES = (ArraySpec("x", "float64", float("nan"), {}),)


def as_user(user: int, umask: int, action: Callable[[], None]) -> None:
    """Let another user do something, in a process of its own."""
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.setgroups([GROUP])
            os.setgid(user)
            os.setuid(user)
            os.umask(umask)
            action()
            code = 0
        except BaseException as error:  # noqa: BLE001 - told by the exit code, in the log
            print(repr(error))  # noqa: T201
        finally:
            os._exit(code)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def layout(realizations: int) -> Layout:
    return Layout((Coordinate("gate", (1.0,), "t", "gate"),), (), VARIABLES, realizations, 8)


def write(store: Path, count: int) -> None:
    """Do what a run does, without a cluster."""
    with Lease(store), event_log(store) as log:
        values = {"x": np.arange(count, dtype=float)}
        BlockWriter(read_header(store), VARIABLES).write((0,), 0, values)
        update_attributes(store, {"completed": "now"})
        log.write(f"{os.getuid()} {count}")


def grow(store: Path, before: int, after: int) -> Callable[[], None]:
    def action() -> None:
        extend(store, layout(after), None, [before], {})
        write(store, after)
        compact(store)
        expand(store)
        update_attributes(store, {"completed": ""})

    return action


@pytest.fixture(scope="module", autouse=True)
def _all_is_imported(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Do all of it once: the other users may not read the Python of root."""
    store = tmp_path_factory.mktemp("before") / "a.zarr"
    create(store, layout(5), None, {"spec": "{}", "spec_hash": "abc"})
    write(store, 5)
    grow(store, 5, 12)()


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A folder that a group shares, as an administrator makes it."""
    for above in tmp_path.parents[:3]:
        above.chmod(above.stat().st_mode | 0o055)
    tmp_path.chmod(0o755)
    folder = tmp_path / "shared"
    folder.mkdir()
    os.chown(folder, -1, GROUP)
    folder.chmod(0o2775)
    return folder


@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002])
def test_second_user_goes_on_and_the_first_one_again(shared: Path, umask: int) -> None:
    store = shared / "a.zarr"

    def make() -> None:
        create(store, layout(5), None, {"spec": "{}", "spec_hash": "abc"})
        write(store, 5)

    as_user(FIRST, umask, make)
    as_user(SECOND, 0o077, grow(store, 5, 12))
    as_user(FIRST, umask, grow(store, 12, 20))
    dataset = qt.open(store).load()
    assert dataset.x.to_numpy().tolist() == [list(range(20))]
    assert [*event_log(store).lines()][:3] == [
        f"{FIRST} 5",
        f"{SECOND} 12",
        f"{FIRST} 20",
    ]
    for path in [store, *store.rglob("*")]:
        found = path.stat()
        assert found.st_gid == GROUP, path
        wanted = 0o2775 if path.is_dir() else 0o664
        assert stat.S_IMODE(found.st_mode) == wanted, path


def test_store_of_one_user_stays_private(shared: Path) -> None:
    """No folder is opened further than its owner had it."""
    private = shared.parent / "private"
    private.mkdir(mode=0o700)
    os.chown(private, FIRST, FIRST)
    store = private / "a.zarr"
    as_user(
        FIRST, 0o077, lambda: create(store, layout(5), None, {"spec": "{}", "spec_hash": "abc"})
    )
    as_user(FIRST, 0o022, lambda: write(store, 5))
    for path in [store, *store.rglob("*")]:
        assert stat.S_IMODE(path.stat().st_mode) & 0o077 == 0, path


def test_journal_of_somebody_else_goes_on_as_a_copy(shared: Path) -> None:
    """As stores have it that were made before modes followed the folder."""
    store = shared / "a.zarr"

    def make() -> None:
        create(store, layout(5), None, {"spec": "{}", "spec_hash": "abc"})
        write(store, 5)
        (store / "run" / "events.jsonl").chmod(0o644)

    as_user(FIRST, 0o022, make)
    as_user(SECOND, 0o022, lambda: write(store, 5))
    assert [*event_log(store).lines()][:2] == [f"{FIRST} 5", f"{SECOND} 5"]


def test_array_that_may_not_be_written_is_found_before_anything_changes(shared: Path) -> None:
    store = shared / "a.zarr"

    def make() -> None:
        create(store, layout(5), None, {"spec": "{}", "spec_hash": "abc"})
        (store / "x").chmod(0o755)

    def refused() -> None:
        with pytest.raises(
            qt.InputError, match=r"Permission denied: .*a\.zarr/x; nothing was changed"
        ):
            extend(store, layout(12), None, [5], {})

    as_user(FIRST, 0o022, make)
    as_user(SECOND, 0o022, refused)
    assert read_header(store).realizations == 5


def test_unwritable_folder_beside_the_store_is_said(shared: Path) -> None:
    store = shared / "a.zarr"

    def make() -> None:
        create(store, layout(5), None, {"spec": "{}", "spec_hash": "abc"})

    def refused() -> None:
        with pytest.raises(CannotWriteError, match=r"Permission denied.* is safe in .*a\.zarr"):
            save_dataset(xr.Dataset({"y": 1.0}), place_of(store), ".analysis.zarr")

    as_user(FIRST, 0o022, make)
    shared.chmod(0o755)
    as_user(SECOND, 0o022, refused)
