"""The attributes of a store: what it holds, read without touching any array."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qtcore.errors import InputError
from qtcore.store.layout import FORMAT

ROOT_METADATA = "zarr.json"


@dataclass(frozen=True)
class Header:
    """What a store says about itself.

    Attributes
    ----------
    path : Path
        Folder of the store.
    attributes : dict
        All attributes of the group, as stored.
    """

    path: Path
    attributes: dict[str, Any]

    @property
    def spec(self) -> dict[str, Any]:
        """The sweep that the store was made for, field by field."""
        return dict(json.loads(self.attributes["spec"]))

    @property
    def spec_hash(self) -> str:
        """Hash of the sweep without its number of realizations."""
        return str(self.attributes["spec_hash"])

    @property
    def realizations(self) -> int:
        """Realizations per point that the store is meant to hold."""
        return int(self.attributes["realizations"])

    @property
    def block(self) -> int:
        """Realizations per block."""
        return int(self.attributes["block_length"])

    @property
    def earlier_realizations(self) -> tuple[int, ...]:
        """Realizations per point before each extension."""
        return tuple(self.attributes["earlier_realizations"])


def is_vacant(path: Path) -> bool:
    """Whether a new store can be made at `path`: nothing there, or an empty folder.

    Raises
    ------
    InputError
        If that cannot be found out, for lack of permission.
    """
    try:
        return not path.exists() or (path.is_dir() and not any(path.iterdir()))
    except OSError as error:
        raise InputError(f"cannot look into {path}: {error.strerror or error}") from error


def read_header(path: Path) -> Header:
    """Read what a store says about itself.

    Raises
    ------
    InputError
        If there is no qtcore store at `path`, with what is there instead.
    """
    if not path.exists():
        raise InputError(f"no store at {path}: nothing is there")
    try:
        document = json.loads((path / ROOT_METADATA).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        kind = "a folder without zarr.json" if path.is_dir() else "a file"
        raise InputError(f"{path} is no qtcore store: it is {kind}") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path} cannot be read as a store: zarr.json: {error}") from None
    attributes = document.get("attributes", {}) if isinstance(document, dict) else {}
    version = attributes.get("qtcore_format")
    if version is None:
        raise InputError(f"{path} is a Zarr store, but qtcore did not make it")
    if version > FORMAT:
        raise InputError(
            f"{path} has store format {version}, this qtcore reads up to {FORMAT}; update qtcore"
        )
    return Header(path, attributes)
