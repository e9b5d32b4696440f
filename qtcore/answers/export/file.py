"""From a dataset to a file: which format, whether it may be written, and written whole or not at all."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import xarray as xr

from qtcore._version import __version__
from qtcore.answers.asked import Names, names_in, why_nothing
from qtcore.answers.export.sheet import Sheet, plain, sheets_of
from qtcore.errors import InputError, brief, counted, listed, writing_to
from qtcore.reports.targets import exists, path_named, refuse_unwritable
from qtcore.store.aside import written_whole
from qtcore.store.draws import DRAWS
from qtcore.store.place import Place
from qtcore.workflow.swept_defaults import defaults_in

Writer = Callable[[Path, Sequence[Sheet], Mapping[str, str]], int]


@dataclass(frozen=True)
class Format:
    """A format of files.

    Attributes
    ----------
    module, function : str
        What writes it.
    package : str
        What must be installed for it; empty if nothing.
    sheets : bool
        Whether a file holds several tables.
    wide : bool
        Whether axes may become columns.
    """

    module: str
    function: str
    package: str = ""
    sheets: bool = False
    wide: bool = True


FORMATS = {
    ".csv": Format("delimited", "write_csv"),
    ".txt": Format("delimited", "write_txt"),
    ".parquet": Format("parquet", "write_parquet", "pyarrow"),
    ".xlsx": Format("excel", "write_xlsx", "openpyxl", sheets=True),
    ".nc": Format("netcdf", "write_netcdf", "h5netcdf with h5py", sheets=True, wide=False),
}
"""Formats by the end of a file's name."""


@dataclass(frozen=True)
class Target:
    """A file that may be written."""

    path: Path
    format: Format
    writer: Writer
    force: bool

    def write(self, dataset: xr.Dataset, store: object, by: Names | None = None) -> Path:
        """Write a dataset; the file is there whole or not at all.

        Parameters
        ----------
        dataset : xarray.Dataset
            Samples, statistics or results. What is lazy is read piece by piece.
        store : Place
            Where they come from.
        by : str or sequence of str, optional
            As in `sheets_of`.

        Raises
        ------
        InputError
            If it does not fit into the format, has nothing finished, or the file appeared meanwhile.
        CannotWriteError
            If the disk does not take it.
        """
        if by is not None and not self.format.wide:
            raise InputError(
                f"{self.path.suffix} keeps all axes as they are, so that `by` says nothing; leave it out, or "
                "write .csv, .txt, .xlsx or .parquet"
            )
        sheets = sheets_of(dataset, None if by is None else names_in(by))
        if not sheets:
            raise InputError("there is no variable to write")
        if len(sheets) > 1 and not self.format.sheets:
            raise InputError(_several(self.path.suffix, sheets))
        facts = facts_of(dataset, store)
        try:
            with writing_to(store), written_whole(self.path, replacing=self.force) as aside:
                if not self.writer(aside, sheets, facts):
                    raise InputError(f"nothing is written to {self.path}: {why_nothing(dataset)}")
        except FileExistsError:
            raise InputError(exists(self.path)) from None
        return self.path


def target_of(to: str | Path, *, force: bool = False, store: Place | None = None) -> Target:
    """Return a file that may be written; nothing is left of the trial.

    Parameters
    ----------
    to : str or Path
        The file; the end of its name says the format.
    force : bool
        Whether a file of that name may be replaced.
    store : Place, optional
        Where the numbers come from; the file must not lie in it.

    Raises
    ------
    InputError
        If the format is unknown, its package is missing, the file exists, or it cannot be written there.
    """
    path = path_named(to)
    if path.suffix.lower() not in FORMATS:
        raise InputError(
            f"the end of a file's name says its format, one of {', '.join(FORMATS)}; got {brief(str(to))}"
        )
    chosen = FORMATS[path.suffix.lower()]
    refuse_unwritable(path, force=force, store=store)
    return Target(path, chosen, _writer(chosen, path.suffix), force)


def facts_of(dataset: xr.Dataset, store: object) -> dict[str, str]:
    """Return what a file says of where its numbers come from: store, run, and what is the same in all rows."""
    known = dataset.attrs
    facts = {"made by": f"qtcore {__version__}", "store": str(store)}
    facts |= {name: str(known[name]) for name in ("workflow", "preset") if known.get(name)}
    if known.get("seed") is not None:  # 0 is a seed too
        facts["seed"] = str(known["seed"])
    elif DRAWS in known:
        facts["seeds"] = listed([draw["seed"] for draw in known[DRAWS]])
    if any(str(name).endswith("_error") for name in dataset.data_vars):
        facts["errors"] = "columns NAME_error hold standard errors of NAME"
    for name, coord in dataset.coords.items():
        if coord.ndim == 0:
            unit = coord.attrs.get("units", "")
            facts[str(name)] = f"{coord.to_numpy().item()} {unit}".strip()
    left = defaults_in(known.get("definition_source"))
    facts |= {name: text for name, text in left.items() if name not in facts}
    return {plain(name): plain(text) for name, text in facts.items()}


def _writer(chosen: Format, suffix: str) -> Writer:
    try:
        module = import_module(f"qtcore.answers.export.{chosen.module}")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("qtcore"):
            raise
        raise InputError(
            f"{suffix} needs the package {chosen.package}: pip install 'qtcore[export]'"
        ) from error
    writer: Writer = getattr(module, chosen.function)
    return writer


def _several(suffix: str, sheets: Sequence[Sheet]) -> str:
    """Say which tables there are where a file holds one."""
    lines = [
        f"over {', '.join(sheet.rows + sheet.across) or 'nothing'}: {', '.join(sheet.variables)}"
        for sheet in sheets
    ]
    listed = "\n".join(lines)
    return (
        f"{suffix} holds one table, and these variables make {counted(len(sheets), 'tables')}, since they have other "
        f"axes. Choose variables of one of them with --of, or write .xlsx or .nc, which hold all:\n{listed}"
    )
