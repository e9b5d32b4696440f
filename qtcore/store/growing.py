"""Blocks that are about to be written anew with more realizations than they hold.

Their chunks and their mark are several objects, which cannot change at one moment. So all that will
be written is put first as one object; who finds it later, because the writer was stopped, writes it
once more. Nothing of it has to be computed again.
"""

import re
from collections.abc import Mapping

from qtcore.store.duplicate import packed, unpacked
from qtcore.store.layout import GROWING
from qtcore.store.place import Place

CHUNK = re.compile(r"[^/.][^/]*/c(\.\d+)+|[^/.][^/]*/c(/\d+)+")
"""What the key of a chunk looks like."""


def announce(place: Place, marker: str, mark: bytes, chunks: Mapping[str, bytes]) -> str:
    """Put what is about to be written; return the key under which it lies until it is done.

    Parameters
    ----------
    place : Place
        The store.
    marker, mark : str, bytes
        Key and content of the block's mark, which is written last.
    chunks : mapping of str to bytes
        Key and content of its chunks.
    """
    key = f"{GROWING}/{marker.replace('/', '.')}"
    place.put(key, packed({**chunks, marker: mark}))
    return key


def finish_growing(place: Place) -> int:
    """Write blocks whose writer was stopped in between; return how many.

    Only the holder of the store's lease calls this.
    """
    names = place.children(GROWING)
    for name in names:
        key = f"{GROWING}/{name}"
        objects = unpacked(place.get(key)) or {}
        marks = [inner for inner in objects if inner.replace("/", ".") == name]
        # Nothing but chunks of this store's arrays, whoever has put this here.
        if marks and all(CHUNK.fullmatch(inner) for inner in objects):
            mark = objects.pop(marks[0])
            place.put_all(objects)
            place.put(marks[0], mark)
        place.delete(key)
    return len(names)
