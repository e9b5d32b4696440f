"""`qtcore doctor`: what is installed, what works here, how fast this machine is."""

import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import qtcore as qt
from qtcore import health as module
from qtcore.health import Health, Package


@pytest.fixture
def health(here: Path, monkeypatch: pytest.MonkeyPatch) -> Health:
    """What is found here, without the measurement."""
    assert here
    monkeypatch.setattr(module, "_seconds", lambda: 0.5 * module.REFERENCE)
    return qt.doctor()


def test_what_this_installation_needs_is_there(health: Health, here: Path) -> None:
    found = {package.name: package for package in health.packages}
    assert found["zarr"].allowed == ">=3.1"
    assert found["zarr"].version
    assert found["dask-kubernetes"].extra == "kubernetes"
    assert "pytest" not in found  # of the tests alone
    assert health.problems == ()
    assert health.folder == str(here)
    assert not list(here.iterdir())
    assert {"local", "threads", "slurm"} <= {cluster.name for cluster in health.clusters}
    assert any(library.name == "openblas" for library in health.libraries)


@pytest.mark.parametrize(
    ("package", "is_fine"),
    [
        (Package("a", ">=2.1", "2.1"), True),
        (Package("a", ">=2.1", "2.0.9"), False),
        (Package("a", ">=2.1", "3.0rc1"), True),
        (Package("a", ">=2.1", ""), False),
        (Package("a", ">=2.1", "", "ssh"), True),
        (Package("a", ">=2.1", "1.0", "ssh"), False),
    ],
)
def test_versions_beside_what_is_allowed(package: Package, is_fine: bool) -> None:
    assert package.is_fine is is_fine


def test_what_is_wrong_is_said(health: Health) -> None:
    old, none = Package("numpy", ">=2.1", "1.26"), Package("rich", ">=13.7", "")
    ill = replace(health, packages=(old, none), folder_error="No space left", compiled="")
    assert ill.problems[:2] == (
        "numpy is 1.26, allowed is >=2.1",
        "rich is missing, allowed is >=13.7",
    )
    assert "No space left" in ill.problems[2]
    assert "each process compiles" in ill.problems[3]


@pytest.mark.usefixtures("health")
def test_the_command_says_it_for_people_and_programs(qtcore: Callable[..., Any]) -> None:
    said = qtcore("doctor")
    assert said.code == 0
    text = " ".join(said.out.split())
    assert "numpy" in text
    assert "2 times as fast" in text
    assert "cluster local: ✓" in text
    found = json.loads(qtcore("doctor", "--json").out)
    assert found["seconds"] == pytest.approx(0.5 * module.REFERENCE)
    assert {cluster["name"] for cluster in found["clusters"]} >= {"local", "threads"}
    assert found["problems"] == []
    assert all(package["is_fine"] for package in found["packages"])


def test_a_measurement_takes_a_wire(here: Path) -> None:
    assert here
    assert 0 < module._seconds() < 1
    assert math.isnan(qt.doctor(speed=False).seconds)
