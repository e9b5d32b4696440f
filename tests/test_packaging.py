"""The house itself: what the wheel contains, what the lock pins, which threads run."""

import importlib.metadata
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def pyproject() -> dict[str, Any]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    folder = tmp_path_factory.mktemp("wheel")
    build = "from hatchling.build import build_wheel; import sys; build_wheel(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, str(folder)], cwd=ROOT, check=True)
    (path,) = folder.glob("*.whl")
    return zipfile.ZipFile(path)


def requirements(pyproject: dict[str, Any]) -> list[Requirement]:
    project = pyproject["project"]
    lines = list(project["dependencies"])
    for name, extra in project["optional-dependencies"].items():
        # Not installed here: nothing can run a cluster of it, and Kwant does not build against
        # NumPy 2 from PyPI as it is.
        if name not in ("kubernetes", "kwant"):
            lines += extra
    return [Requirement(line) for line in lines]


def locked() -> dict[str, list[Requirement]]:
    """Return the lines of the lock by normalised name (several when Python versions differ)."""
    pins: dict[str, list[Requirement]] = {}
    for line in (ROOT / "requirements.lock").read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            requirement = Requirement(line)
            pins.setdefault(normalised(requirement.name), []).append(requirement)
    return pins


def normalised(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def test_wheel_installs_one_import_package(wheel: zipfile.ZipFile) -> None:
    top = {name.split("/", 1)[0] for name in wheel.namelist()}
    assert {name for name in top if not name.endswith(".dist-info")} == {"qtcore"}


def test_wheel_ships_definitions_and_profiles(wheel: zipfile.ZipFile) -> None:
    shipped = {name for name in wheel.namelist() if name.startswith("qtcore/_shipped/")}
    for folder in ("workflows", "cluster"):
        files = [path for path in (ROOT / folder).rglob("*") if path.is_file()]
        source = {
            f"qtcore/_shipped/{path.relative_to(ROOT).as_posix()}"
            for path in files
            if "__pycache__" not in path.parts
        }
        assert source, f"{folder}/ is empty"
        assert source <= shipped
    assert "qtcore/py.typed" in wheel.namelist()


def test_wheel_has_every_module_and_no_leftovers(wheel: zipfile.ZipFile) -> None:
    packed = set(wheel.namelist())
    modules = {path.relative_to(ROOT).as_posix() for path in (ROOT / "qtcore").rglob("*.py")}
    assert modules <= packed
    assert not [name for name in packed if re.search(r"__pycache__|\.(nbi|nbc|pyc)$", name)]


def test_installed_command_points_to_the_cli() -> None:
    (entry,) = importlib.metadata.entry_points(group="console_scripts", name="qtcore")
    assert entry.value == "qtcore.cli:main"
    assert callable(entry.load())


def test_version_is_the_same_everywhere() -> None:
    from qtcore._version import __version__

    assert importlib.metadata.version("qtcore") == __version__
    for page, pattern in {
        "CITATION.cff": r"^version: (\S+)$",
        "CHANGELOG.md": r"^## (\S+)",
    }.items():
        text = (ROOT / page).read_text(encoding="utf-8")
        first, *_ = re.findall(pattern, text, re.MULTILINE)
        assert first == __version__, page


def test_library_users_get_lower_bounds_only(pyproject: dict[str, Any]) -> None:
    for requirement in requirements(pyproject):
        operators = {specifier.operator for specifier in requirement.specifier}
        assert operators == {">="}, f"{requirement}: a library that caps versions breaks its users"


def test_lock_pins_exactly_and_names_no_index() -> None:
    text = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^-", text, re.MULTILINE), "the lock holds pins, not pip options"
    for pins in locked().values():
        for pin in pins:
            assert [specifier.operator for specifier in pin.specifier] == ["=="], str(pin)


@pytest.mark.parametrize("python", ["3.11", "3.12", "3.13"])
def test_lock_satisfies_every_requirement(pyproject: dict[str, Any], python: str) -> None:
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "platform_python_implementation": "CPython",
    }
    pins = locked()
    for requirement in requirements(pyproject):
        chosen = [
            pin
            for pin in pins.get(normalised(requirement.name), [])
            if pin.marker is None or pin.marker.evaluate(environment)
        ]
        assert len(chosen) == 1, f"{requirement} on Python {python}: {chosen or 'not in the lock'}"
        (specifier,) = chosen[0].specifier
        assert Version(specifier.version) in requirement.specifier, f"{chosen[0]} for {requirement}"


def test_tests_run_with_one_thread_per_process() -> None:
    import numpy as np
    import scipy.linalg
    from threadpoolctl import threadpool_info

    scipy.linalg.lu_factor(np.eye(2))  # loads every BLAS that the solvers use
    pools = threadpool_info()
    assert pools, "no BLAS found: threadpoolctl cannot say how many threads run"
    assert {pool["num_threads"] for pool in pools} == {1}
