"""A store in a folder of a local or shared file system.

Files are written aside (`*.partial`) and renamed. They are not flushed to the disk one by one; see
docs/decisions/0008 for why. Whom they belong to and who may write them follows the folder, not the
umask of whoever comes last; see docs/decisions/0020.
"""

import contextlib
import errno
import os
import shutil
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from qtcore.errors import GoneStoreError, LinkError
from qtcore.store.aside import aside_of, made_aside, remove_left_by_the_dead
from qtcore.store.permissions import as_its_folder, like_its_parent, like_what_it_replaces
from qtcore.store.place import NOTHING, PARTIAL, Place, Stat
from qtcore.store.regular import content_of, opened

if TYPE_CHECKING:
    import zarr


NO_LINKS = (errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK)
"""What file systems without hard links say."""

TAKEN = ".taken"
"""End of the name of a store that is looked at before it is removed."""


class Folder(Place):
    """A folder.

    Parameters
    ----------
    path : Path
        The folder; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._no_links: set[str] = set()

    def __str__(self) -> str:
        return str(self.path)

    @property
    def address(self) -> str:
        """Absolute path."""
        return str(self.path.resolve())

    @property
    def name(self) -> str:
        """Name of the folder."""
        return self.path.resolve().name

    def sibling(self, name: str) -> "Folder":
        """Return the folder of that name beside this one."""
        return Folder(self.path.resolve().with_name(name))

    def zarr_store(self) -> "zarr.storage.LocalStore":
        """Return the folder as Zarr opens it."""
        import zarr

        return zarr.storage.LocalStore(self.path)

    def get(self, key: str, most: int | None = None) -> bytes | None:
        """Return a file's content, or None if there is none."""
        with self._opened(key) as file:
            return None if file is None else file.read(-1 if most is None else most)

    def get_part(self, key: str, start: int, length: int) -> bytes | None:
        """Return a part of a file."""
        with self._opened(key) as file:
            if file is None:
                return None
            size = os.fstat(file.fileno()).st_size
            start = max(0, size + start) if start < 0 else min(start, size)
            file.seek(start)
            return file.read(min(length, size - start))

    def get_each(self, keys: Sequence[str], most: int) -> list[bytes | None]:
        """Return the contents of files, one after the other."""
        found: list[bytes | None] = []
        for key in keys:
            self._refuse_links(key)
            found.append(content_of(f"{self.path}/{key}", most))
        return found

    def get_parts(self, parts: Sequence[tuple[str, int, int]]) -> list[bytes | None]:
        """Return parts of files, one after the other."""
        return [self.get_part(*part) for part in parts]

    def put(self, key: str, content: bytes) -> None:
        """Write a file aside and rename it."""
        self._refuse_links(key)
        target = f"{self.path}/{key}"
        with self._written_aside(target, content) as aside:
            like_what_it_replaces(aside, target)
            os.replace(aside, target)  # noqa: PTH105

    @contextlib.contextmanager
    def _written_aside(self, target: str, content: bytes) -> Iterator[str]:
        """Write a file beside its place; what is still there at the end is removed."""
        aside = f"{target}.{uuid.uuid4().hex}{PARTIAL}"
        try:
            try:
                file = open(aside, "xb")  # noqa: PTH123, SIM115 - a Path costs as much as the write
            except FileNotFoundError:  # the first object of its folder
                self._make_folders(os.path.dirname(target))  # noqa: PTH120
                file = open(aside, "xb")  # noqa: PTH123, SIM115
            with file:
                file.write(content)
            yield aside
        finally:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(aside)  # noqa: PTH108

    def _make_folders(self, folder: str) -> None:
        """Make a folder of the store and those above it, but never the store itself.

        Raises
        ------
        GoneStoreError
            If there is no store here any more: it must not come back as a skeleton.
        """
        if not self.path.is_dir():
            raise GoneStoreError(self.address)
        _make_missing(folder)

    def _refuse_links(self, key: str) -> None:
        """Refuse to read, write or remove what lies behind a link inside the store."""
        folder = key.rpartition("/")[0]
        while folder and folder not in self._no_links:
            if os.path.islink(f"{self.path}/{folder}"):  # noqa: PTH114
                raise LinkError(f"{self.path}/{folder}")
            if os.path.isdir(f"{self.path}/{folder}"):  # noqa: PTH112
                self._no_links.add(folder)
            folder = folder.rpartition("/")[0]

    @contextlib.contextmanager
    def _opened(self, key: str) -> Iterator[BinaryIO | None]:
        """Open a file to read; None if there is none, or a link, or something else than a file."""
        # What a link points to is not the store's, and is neither read nor copied.
        self._refuse_links(key)
        with opened(f"{self.path}/{key}") as file:
            yield file

    def put_all(self, objects: Mapping[str, bytes]) -> None:
        """Write one file after the other."""
        for key, content in objects.items():
            self.put(key, content)

    def put_if_absent(self, key: str, content: bytes) -> bool:
        """Write a file aside and link it, which is atomic on shared file systems too."""
        # Never half of it: on a full disk an empty lease would lock the store.
        self._refuse_links(key)
        target = f"{self.path}/{key}"
        with self._written_aside(target, content) as aside:
            as_its_folder(aside)
            try:
                os.link(aside, target)
            except (FileExistsError, FileNotFoundError):  # or a driver has just cleaned up
                return False
            except OSError as error:
                if error.errno not in NO_LINKS:
                    raise
                return _create(target, content)
        return True

    def swap(self, key: str, old: bytes, new: bytes) -> bool:
        """Catch the file by renaming it, look at it, and create the new one."""
        # Renaming decides between two processes that both saw `old`. The slower of them may have
        # caught what the faster one put, and gives it back.
        self._refuse_links(key)
        target = self.path / key
        if self.get(key) != old:  # nothing to catch; look again at what was caught all the same
            return False
        caught = target.with_name(f"{target.name}.{uuid.uuid4().hex}{PARTIAL}")
        try:
            target.rename(caught)
        except FileNotFoundError:
            return False
        try:
            return caught.read_bytes() == old and self.put_if_absent(key, new)
        except FileNotFoundError:  # a driver has just cleaned up
            return False
        finally:
            # It goes back where nothing has come in its place: the disk is full, or it was
            # another one than it should be.
            with contextlib.suppress(OSError):
                os.link(caught, target)
            caught.unlink(missing_ok=True)

    def touch(self, key: str) -> None:
        """Set the file's time, which needs no room on a full disk."""
        self._refuse_links(key)
        os.utime(self.path / key, follow_symlinks=False)

    def delete(self, key: str) -> None:
        """Remove a file."""
        self._refuse_links(key)
        (self.path / key).unlink(missing_ok=True)

    def delete_keys(self, keys: list[str]) -> None:
        """Remove one file after the other."""
        for key in keys:
            self.delete(key)

    def delete_all(self, prefix: str) -> None:
        """Remove a folder with all that is in it; what links point to stays."""
        self._refuse_links(prefix)
        shutil.rmtree(self.path / prefix, ignore_errors=True)

    def stat(self, key: str) -> Stat | None:
        """Return size, time and version of a file."""
        try:
            found = (self.path / key).stat()
        except (FileNotFoundError, NotADirectoryError):
            return None
        return Stat(found.st_size, found.st_mtime, f"{found.st_mtime_ns} {found.st_ino}")

    def sizes(self, prefix: str) -> Iterator[tuple[str, int]]:
        """Yield key and size of every file below a folder."""
        for key, entry in self._files(prefix):
            yield key, entry.stat(follow_symlinks=False).st_size

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the key of every file below a folder."""
        for key, _ in self._files(prefix):
            yield key

    def _files(self, prefix: str) -> Iterator[tuple[str, "os.DirEntry[str]"]]:
        stack = [prefix.rstrip("/")]
        while stack:
            folder = stack.pop()
            inside = f"{folder}/" if folder else ""
            try:
                entries = os.scandir(f"{self.path}/{folder}")
            except (FileNotFoundError, NotADirectoryError):
                continue
            with entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        stack.append(inside + entry.name)
                    elif not (name := entry.name).endswith(PARTIAL) and entry.is_file():
                        yield inside + name, entry

    def children(self, prefix: str) -> list[str]:
        """Return the names in a folder."""
        try:
            names = [path.name for path in (self.path / prefix).iterdir()]
        except (FileNotFoundError, NotADirectoryError):
            return []
        return sorted(name for name in names if not name.endswith(PARTIAL))

    def make(self, objects: Mapping[str, bytes]) -> None:
        """Write a folder aside and rename it."""
        blocked = next((p for p in self.path.parents if p.exists() and not p.is_dir()), None)
        if blocked is not None:
            raise NotADirectoryError(f"{blocked} is a file, not a folder")
        _make_missing(str(self.path.parent))
        remove_left_by_the_dead(self.path)
        with made_aside(self.path) as path:
            like_its_parent(str(path))
            aside = Folder(path)
            try:
                aside.put_all(objects)
                path.rename(self.path)
            except OSError as error:
                if error.errno in (errno.ENOTEMPTY, errno.EEXIST):
                    raise FileExistsError("another process has just made a store there") from error
                raise
            finally:
                aside.delete_all("")

    def replace(self, objects: Mapping[str, bytes]) -> None:
        """Put a folder with these files in the place of what is here; never half of it."""
        remove_left_by_the_dead(self.path)
        with made_aside(self.path) as path:
            like_its_parent(str(path))
            new, old = Folder(path), Folder(aside_of(self.path))
            try:
                new.put_all(objects)
                with contextlib.suppress(FileNotFoundError):
                    self.path.rename(old.path)
                path.rename(self.path)
            except BaseException:
                with contextlib.suppress(OSError):
                    old.path.rename(self.path)
                raise
            finally:
                new.delete_all("")
                old.delete_all("")

    def refuse_if_unwritable(self, folders: Iterable[str]) -> None:
        """Ask the system, which changes nothing."""
        for folder in ("", *folders):
            path = self.path / folder
            if path.exists() and not os.access(path, os.W_OK | os.X_OK):
                raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    def is_vacant(self) -> bool:
        """Whether nothing is here, or an empty folder."""
        return not self.path.exists() or (self.path.is_dir() and not any(self.path.iterdir()))

    def remove_if(self, condition: Callable[[Place], bool]) -> bool:
        """Rename the folder away, look at it there, and give it back unless it may go."""
        # Not `.partial`: what is taken for left behind is removed without being looked at.
        aside = Folder(self.path.parent / f".{self.path.name}.{uuid.uuid4().hex[:8]}{TAKEN}")
        try:
            self.path.rename(aside.path)
        except FileNotFoundError:
            return False
        is_to_go = False
        try:
            is_to_go = condition(aside)
        finally:
            if not is_to_go:
                aside.path.rename(self.path)
        aside.delete_all("")
        return True

    def clean(self) -> int:
        """Remove `*.partial` files, and folders that were to become this store."""
        removed = remove_left_by_the_dead(self.path)
        for folder, _, names in os.walk(self.path):
            for name in names:
                if name.endswith(PARTIAL):
                    (Path(folder) / name).unlink(missing_ok=True)
                    removed += 1
        return removed

    def what_is_there(self) -> str:
        """Say in words what is here instead of a store."""
        if not self.path.exists():
            return NOTHING
        return "it is a folder without zarr.json" if self.path.is_dir() else "it is a file"


def _make_missing(folder: str) -> None:
    """Make a folder and those above it, each as open to others as the one that it lies in."""
    missing = []
    while folder and not os.path.isdir(folder):  # noqa: PTH112 - a relative path ends in ""
        missing.append(folder)
        folder = os.path.dirname(folder)  # noqa: PTH120
    for path in reversed(missing):
        with contextlib.suppress(FileExistsError):
            os.mkdir(path)  # noqa: PTH102
            like_its_parent(path)


def _create(target: str, content: bytes) -> bool:
    """Create a file with O_EXCL where there are no links; whether it was not there."""
    try:
        with Path(target).open("xb") as file:
            try:
                file.write(content)
                file.flush()
            except BaseException:
                os.unlink(target)  # noqa: PTH108
                raise
    except FileExistsError:
        return False
    as_its_folder(target)
    return True
