"""The accessor `ds.qt` comes with xarray: at once where xarray is imported already, else when somebody imports it.

xarray has no list of accessors that other packages could join, and importing it takes longer than everything that
`import qtcore` does. So a finder waits among Python's finders (`sys.meta_path`) for the import of xarray. It finds nothing itself: it
asks the others, and has the accessor registered once xarray is imported.
"""

import sys
from importlib import import_module
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

XARRAY = "xarray"


def with_xarray() -> None:
    """Register the accessor now if xarray is imported, else when it will be."""
    if XARRAY in sys.modules:
        _register()
    elif not any(isinstance(finder, _Waiting) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Waiting())


def _register() -> None:
    import_module("qtcore.answers.accessor")


class _Waiting:
    """Finder that waits for xarray."""

    def __init__(self) -> None:
        self._asks_others = False

    def find_spec(self, name: str, path: Any = None, target: Any = None) -> ModuleSpec | None:  # noqa: ARG002 - Python prescribes the signature
        """Return what the other finders find of xarray, nothing of any other module."""
        if name != XARRAY or self._asks_others:
            return None
        from importlib.util import find_spec

        self._asks_others = True
        try:
            found = find_spec(name)
        finally:
            self._asks_others = False
        if found is None or found.loader is None:
            return None
        loader: Any = found.loader
        execute = loader.exec_module

        def execute_and_register(module: ModuleType) -> None:
            execute(module)
            if self in sys.meta_path:
                sys.meta_path.remove(self)
            _register()

        loader.exec_module = execute_and_register
        return found
