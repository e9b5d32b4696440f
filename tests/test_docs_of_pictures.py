"""The page of pictures runs, and shows what the program prints."""

from typing import Any

import pytest

from .pages import HOW_TO, blocks

PAGE = HOW_TO / "pictures.md"


def test_the_page_of_pictures_runs_and_prints_what_it_shows(
    tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MPLBACKEND", "agg")
    namespace: dict[str, Any] = {}
    for line, source in blocks(PAGE, "python"):
        exec(compile("\n" * line + source, str(PAGE), "exec"), namespace)
    assert (tmp_path / "ribbon.pdf").stat().st_size > 5_000
    (_, shown), *_ = blocks(PAGE, "text")
    assert repr(namespace["summary"]) == shown.rstrip()
