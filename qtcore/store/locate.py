"""From what a user writes to a place: a folder, or a URL of an object store."""

import os
import re
from pathlib import Path

from qtcore.errors import InputError, brief
from qtcore.store.folder import Folder
from qtcore.store.place import Place

Location = str | Path | Place
"""A store as callers name it: a path, a URL (`s3://bucket/run.zarr`), or a place already found."""


LONGEST_NAME = 255
"""Bytes of a name in a folder, on every file system in use."""


def place_of(location: Location) -> Place:
    """Return the place that a path or URL names; nothing is read or written.

    Parameters
    ----------
    location : str, Path or Place
        Folder (`~` is expanded), `s3://bucket/name.zarr`, `gs://…`, `az://…`, or a place.

    Raises
    ------
    InputError
        If the URL is none that qtcore reads, holds a secret, or the package for it is missing.
    """
    if isinstance(location, Place):
        return location
    _refuse_secrets(str(location))
    text = str(location)
    try:
        longest = max(len(part.encode()) for part in text.split("/"))
    except UnicodeEncodeError:
        raise InputError(f"a store's path or URL is Unicode, got {text!a}") from None
    if not text.strip() or "\0" in text:
        raise InputError(f"a store is the path of a folder or a URL, got {text!r}")
    if longest > LONGEST_NAME:
        raise InputError(
            f"a folder's name has at most {LONGEST_NAME} bytes, got one of {longest}: {brief(text)}"
        )
    # Path("s3://bucket/x") has lost a slash: callers must not have made one of a URL.
    if isinstance(location, str) and "://" in location:
        return _bucket(location)
    path = Path(location)
    if path.parts and path.parts[0].endswith(":"):
        raise InputError(f"a URL was given as a path: {location}; pass it as text")
    # Unlike its namesake of pathlib it leaves `~nobody` as it is.
    return Folder(Path(os.path.expanduser(path)))  # noqa: PTH111


def _refuse_secrets(location: str) -> None:
    """Refuse a URL that holds more than names: it is printed, logged and written into stores."""
    found = re.match(r"(?P<scheme>[A-Za-z][\w+.-]*):/+(?P<rest>.*)", location, re.DOTALL)
    if found is None:
        return
    before_path = found["rest"].partition("/")[0]
    if re.search(r"[@:]", before_path) or re.search(r"[?#]", found["rest"]):
        raise InputError(
            f"a URL of a store holds a bucket and a path only, {found['scheme']}://bucket/name.zarr; "
            "this one (not repeated here) has user, password, port or a query in it. Credentials "
            "are read from the environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY), the "
            "address of a service too (AWS_ENDPOINT_URL)"
        )


def _refuse_parts_that_are_no_names(url: str) -> None:
    """Refuse empty parts, `.` and `..`: services and programs disagree on what they mean."""
    bucket, *parts = url.partition("://")[2].rstrip("/").split("/")
    wrong = [part for part in (bucket or "bucket", *parts) if part in ("", ".", "..")]
    if wrong:
        raise InputError(
            f"each part of a store's URL is a name, as in s3://bucket/folder/name.zarr, got "
            f"{brief(wrong[0])} as a part of {brief(url)}: write the URL without it"
        )


def _bucket(url: str) -> Place:
    _refuse_parts_that_are_no_names(url)
    try:
        from qtcore.store.bucket import Bucket
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("obstore"):
            raise
        raise InputError(
            f"a store at {url} needs the package obstore: pip install 'qtcore[object-store]'"
        ) from error
    return Bucket(url)
