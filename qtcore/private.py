"""Whether a folder is one user's own: what lies in others is neither executed nor believed."""

import os
import stat
from pathlib import Path


def why_not_private(folder: Path) -> str:
    """Say why somebody else may decide what lies in a folder; empty if nobody else may.

    Raises
    ------
    OSError
        If there is no such folder, or it cannot be looked at.
    """
    found = folder.lstat()
    if stat.S_ISLNK(found.st_mode):
        return "it is a link"
    if not stat.S_ISDIR(found.st_mode):
        return "it is no folder"
    if found.st_uid != os.geteuid():
        return "it belongs to somebody else"
    if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        return "others may write to it"
    above = next((p for p in folder.resolve().parents if _is_open(p)), None)
    return "" if above is None else f"others may put another one in its place, in {above}"


def _is_open(folder: Path) -> bool:
    """Whether somebody else may rename what lies in a folder."""
    found = folder.stat()
    if found.st_mode & stat.S_ISVTX:
        return False
    return found.st_uid not in (0, os.geteuid()) or bool(found.st_mode & stat.S_IWOTH)
