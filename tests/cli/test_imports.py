"""What a command loads: what it does not need takes seconds of every start."""

import subprocess
import sys
from pathlib import Path

import pytest

import qtcore as qt

CLUSTERS = ("dask", "distributed", "tornado", "bokeh", "multiprocessing.pool")
DATASETS = ("xarray", "pandas", "zarr")
KERNELS = ("numba", "llvmlite", "scipy", "qtcore.lanes", "qtcore.model.wire", "qtcore.solve.kernel")
FIGURES = ("matplotlib", "qtcore.figures.draw", "qtcore.theory", "qtcore.estimate")
STORES = (
    "numpy",
    "numcodecs",
    "qtcore.sweep.spec",
    "qtcore.store",
    "qtcore.workflow",
    "qtcore.request",
)

WORDS = """
import sys
from qtcore.cli import main
try:
    main(sys.argv[1:])
except SystemExit as ended:
    print("\\ncode", ended.code or 0)
print("loaded", *sys.modules)
"""


DEFINITION = """
import numpy as np
import qtcore as qt


def solve(point, realizations):
    return {"x": np.array(realizations) + point.gate}


workflow = qt.Workflow(
    "small", "A small one", "Counts.", {"quick": qt.Preset(gate=(1.0, 2.0), realizations=4)},
    lambda dataset: dataset, None, lambda result: [], solve=solve, variables=[qt.Variable("x")],
)
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A finished store of a small sweep."""
    folder = tmp_path_factory.mktemp("loaded")
    (folder / "small.py").write_text(DEFINITION, encoding="utf-8")
    qt.run(folder / "small.py", store=folder / "a.zarr", cluster="threads", progress=False)
    return folder / "a.zarr"


def loaded(*arguments: str | Path, code: int = 0) -> set[str]:
    """Run a command in a process of its own, and return the modules that it had loaded."""
    ran = subprocess.run(
        [sys.executable, "-c", WORDS, *map(str, arguments)], capture_output=True, text=True
    )
    *_, ended, modules = ran.stdout.splitlines()
    assert ended == f"code {code}", ran.stdout + ran.stderr
    return set(modules.split()[1:])


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("--help", 0),
        ("--version", 0),
        ("run --help", 0),
        ("", 2),
        ("run", 2),
        ("nothing", 2),
        ("run localization --realizations 1e3", 2),
    ],
)
@pytest.mark.first_cases(3)
def test_help_and_wrong_usage_load_typer_and_rich_alone(words: str, code: int) -> None:
    found = loaded(*words.split(), code=code)
    assert not found & {*CLUSTERS, *DATASETS, *KERNELS, *FIGURES, *STORES}


@pytest.mark.parametrize("more", [(), ("--json",)], ids=["table", "json"])
@pytest.mark.first_cases(1)
def test_status_needs_no_cluster_no_dataset_and_no_kernel(store: Path, more: tuple[str]) -> None:
    found = loaded("status", store, *more)
    assert not found & {*CLUSTERS, *DATASETS, *KERNELS, *FIGURES, "qtcore.workflow", "yaml"}


def test_query_reads_stores_and_nothing_else(store: Path) -> None:
    found = loaded("query", store.parent)
    assert not found & {*CLUSTERS, *DATASETS, *KERNELS, *FIGURES, "qtcore.sweep.spec"}


def test_the_text_of_a_definition_needs_no_cluster_and_no_kernel(store: Path) -> None:
    found = loaded("source", store)
    assert not found & {*CLUSTERS, *DATASETS, "numba", "llvmlite", "scipy", "matplotlib"}


@pytest.mark.parametrize("more", [(), ("localization",), ("--json",)], ids=["all", "one", "json"])
@pytest.mark.first_cases(1)
def test_the_list_of_workflows_loads_definitions_alone(more: tuple[str]) -> None:
    """Definitions state quantities and panels, which load neither solvers nor Matplotlib."""
    found = loaded("list", *more)
    assert not found & {*CLUSTERS, *DATASETS, *KERNELS, "matplotlib"}


def test_the_list_of_clusters_needs_none() -> None:
    found = loaded("clusters")
    assert not found & {*DATASETS, *KERNELS, *FIGURES, "distributed", "dask"}


def test_the_package_alone_loads_nothing() -> None:
    words = "import sys, qtcore; print(*sys.modules)"
    said = subprocess.run(
        [sys.executable, "-c", words], capture_output=True, text=True, check=True
    ).stdout
    assert not set(said.split()) & {*CLUSTERS, *DATASETS, *KERNELS, *FIGURES, *STORES, "typer"}
