"""The page on sweeps in one line, and the README, show what runs."""

import runpy
from pathlib import Path

import pytest

from .pages import HOW_TO, ROOT, write_example

PAGE = HOW_TO / "sweep-in-one-line.md"


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ribbons.py", "lambdas.py", "lowest.py"])
def test_the_page_runs(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = runpy.run_path(str(write_example(PAGE, name, tmp_path)))["run"]
    assert Path(run.store).is_dir()


@pytest.mark.slow
def test_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run = runpy.run_path(str(write_example(ROOT / "README.md", "ribbons.py", tmp_path)))["run"]
    assert dict(run.sizes)["energy"] == 12
    assert Path(f"{run.store[: -len('.zarr')]}.png").is_file()
