"""What is installed, where a sweep can run from here, and how fast this machine is."""

import importlib.metadata
import os
import platform
import re
import tempfile
from dataclasses import dataclass
from pathlib import Path
from shutil import disk_usage
from time import process_time

from packaging.requirements import Requirement

from qtcore._version import __version__
from qtcore.cluster.catalog import Cluster, clusters
from qtcore.compiled import cache_folder

EXTRA = re.compile(r"""extra\s*==\s*["'](?P<name>[\w-]+)["']""")

USERS = ("object-store", "gateway", "kubernetes", "jobqueue", "mpi", "ssh")
"""Extras that a user may want; the others are for the tests of qtcore."""

STRIP, LENGTH, REALIZATIONS = 16, 1600, 8

REFERENCE = 0.34e-3
"""Seconds that `_seconds` measured on one core of the machine of the benchmarks, an AMD EPYC."""

ROUNDS = 3


@dataclass(frozen=True)
class Package:
    """A distribution that qtcore uses.

    Attributes
    ----------
    name, allowed : str
        Its name, and the versions that are allowed, such as ">=2025.1".
    version : str
        What is installed; empty if nothing is.
    extra : str
        The extra of qtcore that brings it, if it is not always needed.
    """

    name: str
    allowed: str
    version: str
    extra: str = ""

    @property
    def is_fine(self) -> bool:
        """Whether it is there in an allowed version, or not there and not needed."""
        if not self.version:
            return bool(self.extra)
        return Requirement(f"x{self.allowed}").specifier.contains(self.version, prereleases=True)


@dataclass(frozen=True)
class Library:
    """A library of linear algebra, or of threads, that is loaded.

    Attributes
    ----------
    name, version : str
        Such as openblas.
    threads : int
        How many it uses outside of qtcore, which sets them to one where it computes.
    """

    name: str
    version: str
    threads: int


@dataclass(frozen=True)
class Health:
    """What `doctor` found.

    Attributes
    ----------
    qtcore, python, system, processor : str
        Versions and names.
    cores : int
        That this process may use.
    packages : tuple of Package
        What qtcore needs, and what it can use.
    clusters : tuple of Cluster
        Profiles that can be named, each with what is missing here for it.
    folder : str
        The current folder.
    folder_error : str
        Why nothing can be written there; empty if something can.
    free : int
        Bytes that are free there.
    compiled : str
        Where compiled kernels are kept; empty if nowhere, so that each process compiles.
    seconds : float
        Of the processor for a realization of a strip of 16 × 1600 sites; NaN if not measured.
    reference : float
        The same on one core of the machine of the benchmarks (benchmarks/README.md).
    libraries : tuple of Library
        Those that NumPy and SciPy have loaded.
    """

    qtcore: str
    python: str
    system: str
    processor: str
    cores: int
    packages: tuple[Package, ...]
    clusters: tuple[Cluster, ...]
    folder: str
    folder_error: str
    free: int
    compiled: str
    seconds: float
    reference: float
    libraries: tuple[Library, ...]

    @property
    def problems(self) -> tuple[str, ...]:
        """What keeps qtcore from working here, in sentences."""
        found = []
        for package in self.packages:
            if package.is_fine:
                continue
            has = f"is {package.version}" if package.version else "is missing"
            found.append(f"{package.name} {has}, allowed is {package.allowed or 'any version'}")
        if self.folder_error:
            found.append(f"nothing can be written into {self.folder}: {self.folder_error}")
        if not self.compiled:
            found.append("there is no folder for compiled kernels, so each process compiles them")
        return tuple(found)


def doctor(*, speed: bool = True) -> Health:
    """Look at this machine and this installation; nothing is left behind.

    Parameters
    ----------
    speed : bool
        Whether to measure how fast a wire is solved, which takes under a second, or some ten
        seconds where the kernels have not been compiled yet.
    """
    folder = Path.cwd()
    compiled = cache_folder()
    seconds = _seconds() if speed else float("nan")
    return Health(
        __version__,
        platform.python_version(),
        f"{platform.system()} {platform.release()}",
        _processor(),
        _cores(),
        tuple(_packages()),
        tuple(clusters()),
        str(folder),
        _why_not_writable(folder),
        disk_usage(folder).free,
        "" if compiled is None else str(compiled),
        seconds,
        REFERENCE,
        tuple(_libraries()),
    )


def _packages() -> list[Package]:
    """Return what qtcore's own metadata say it needs, and what is installed of it."""
    found = []
    for text in importlib.metadata.requires("qtcore") or ():
        needed = Requirement(text)
        extra = EXTRA.search(text)
        name = extra["name"] if extra else ""
        if not name or name in USERS:
            found.append(Package(needed.name, str(needed.specifier), _version(needed.name), name))
    return found


def _version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return ""


def _seconds() -> float:
    """Return the seconds of the processor for one realization of the strip; the least of some."""
    from qtcore.model.disorder import Box
    from qtcore.model.lattice import Square
    from qtcore.model.wire import Wire
    from qtcore.solve.scattering import ln_conductance

    wire, took = Wire(Square(STRIP), Box(1.0)), []
    for _ in range(1 + ROUNDS):  # the first one may compile
        begin = process_time()
        ln_conductance(wire, 0.5, [LENGTH], range(REALIZATIONS), seed=1)
        took.append(process_time() - begin)
    return min(took[1:]) / REALIZATIONS


def _libraries() -> list[Library]:
    import scipy.linalg  # noqa: F401 - loads the libraries that are asked for
    from threadpoolctl import threadpool_info

    return [
        Library(str(one["internal_api"]), str(one["version"] or ""), int(one["num_threads"]))
        for one in threadpool_info()
    ]


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _processor() -> str:
    """Return what the processor calls itself, where that can be read."""
    try:
        text = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return platform.processor() or platform.machine()
    found = re.search(r"^model name\s*:\s*(.+)$", text, re.MULTILINE)
    return found[1].strip() if found else platform.machine()


def _why_not_writable(folder: Path) -> str:
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".qtcore-doctor-") as file:
            file.write(b"x")
    except OSError as error:
        return error.strerror or str(error)
    return ""
