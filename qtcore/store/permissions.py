"""Who may write what a store consists of: as the folder has it, whatever the umask.

Several people may share a store. One whose umask is 077 must not lock the others out of a file that
they wrote before, and one whose umask is 022 not out of files that are new in a folder of the group.
"""

import contextlib
import os
import stat

GROUP, OTHERS_READ = 0o070, 0o004
"""Bits that follow the folder; nobody beyond its group is ever given a right to write."""


def like_what_it_replaces(aside: str, target: str) -> None:
    """Give a file the mode and the group of the one that it is about to replace.

    A file that replaces none is made as open as its folder.
    """
    try:
        before = os.stat(target, follow_symlinks=False)
    except FileNotFoundError:
        as_its_folder(aside, os.path.dirname(target))
        return
    now = os.stat(aside)
    if now.st_gid != before.st_gid:
        with contextlib.suppress(OSError):  # a group that this user does not belong to
            os.chown(aside, -1, before.st_gid)
    if stat.S_IMODE(now.st_mode) != stat.S_IMODE(before.st_mode):
        os.chmod(aside, stat.S_IMODE(before.st_mode) & 0o777)


def as_its_folder(path: str, folder_path: str = "") -> None:
    """Make a new file as open to its group and to readers as the folder that it is to lie in."""
    folder = os.stat(folder_path or os.path.dirname(path) or ".")
    found = os.stat(path)
    # The group of a folder is none of a file that has another one.
    follows = OTHERS_READ | (GROUP if found.st_gid == folder.st_gid else 0)
    wanted = (found.st_mode & ~follows | folder.st_mode & follows) & 0o666
    if wanted != stat.S_IMODE(found.st_mode):
        os.chmod(path, wanted)


def like_its_parent(path: str) -> None:
    """Make a new folder as open as the one it lies in, if that is meant to be shared (setgid)."""
    parent = os.stat(os.path.dirname(path) or ".").st_mode
    if parent & stat.S_ISGID:
        os.chmod(path, stat.S_ISGID | 0o700 | parent & (GROUP | OTHERS_READ | 0o001))
