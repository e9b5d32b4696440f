"""The copy that a store keeps of its metadata, opened without reading more than is needed of it."""

import io
import zipfile
from typing import IO, cast

from qtcore.store.layout import COPY
from qtcore.store.place import Place

WHOLE = 2**22
"""A file of so many bytes is read at once, and a larger one member by member."""

MOST_AT_ONCE = 2**27
"""Bytes that are read together, at most: a directory of members, or a member."""

AROUND_A_MEMBER = 256
"""Bytes that a ZIP file has around a member, at most, apart from its name."""


def opened_copy(place: Place) -> zipfile.ZipFile:
    """Open the copy of a store; memory follows from what is read of it, not from its size.

    Raises
    ------
    zipfile.BadZipFile
        If it is not there, or no ZIP file that its members fill: qtcore leaves no gaps, and a file
        of any size can be made of them that takes no room on a disk.
    """
    content = place.get(COPY, WHOLE + 1)
    if content is None:
        raise zipfile.BadZipFile("it is missing")
    if len(content) <= WHOLE:
        return opened(io.BytesIO(content))
    return opened(cast("IO[bytes]", _Parts(place, COPY)))


def opened(file: IO[bytes]) -> zipfile.ZipFile:
    """Open a ZIP file that has no gaps.

    Raises
    ------
    zipfile.BadZipFile
        If it is none.
    """
    archive = zipfile.ZipFile(file)
    held = sum(
        member.compress_size + AROUND_A_MEMBER + 8 * len(member.filename)
        for member in archive.infolist()
    )
    if file.seek(0, io.SEEK_END) > held + AROUND_A_MEMBER:
        archive.close()
        raise zipfile.BadZipFile("its members do not fill it")
    return archive


class _Parts(io.RawIOBase):
    """An object of a place as a file that is read in parts."""

    def __init__(self, place: Place, key: str) -> None:
        self._place, self._key = place, key
        found = place.stat(key)
        self._size = 0 if found is None else found.size
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        before = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}
        self._at = max(0, before[whence] + offset)
        return self._at

    def read(self, size: int = -1) -> bytes:
        left = max(0, self._size - self._at)
        wanted = left if size < 0 else min(size, left)
        if wanted > MOST_AT_ONCE:
            raise zipfile.BadZipFile(f"{wanted} bytes of it belong together")
        found = self._place.get_part(self._key, self._at, wanted) if wanted else b""
        self._at += len(found or b"")
        return found or b""
