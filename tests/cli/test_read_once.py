"""What a run reads, it reads once: what a store records is what its numbers were made by."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import qtcore as qt
from qtcore import session
from qtcore.request import RunOptions, choose_workflow, resolve_run
from qtcore.store.header import read_header
from qtcore.store.journal import event_log
from qtcore.sweep.console import console_on
from qtcore.sweep.events import read_log

Command = Callable[..., Any]


def test_a_profile_that_changes_between_the_check_and_the_run(
    definition: Path, tmp_path: Path
) -> None:
    """It was read twice: one worker was recorded, and three computed."""
    profile, store = tmp_path / "some.yaml", tmp_path / "a.zarr"
    profile.write_text("kind: threads\nworkers: 1\n", encoding="utf-8")
    options = RunOptions(choose_workflow(definition), store=store, cluster=profile)
    run_request = resolve_run(options)
    profile.write_text("kind: threads\nworkers: 3\n", encoding="utf-8")
    session.compute(run_request, console=console_on("stderr", quiet=True))
    recorded = json.loads(read_header(store).attributes["cluster"])
    started = [line for line in read_log(event_log(store)) if line["event"] == "Started"]
    assert [line["workers"] for line in started] == [recorded["workers"]] == [1]


REWRITES_ITSELF = """

import pathlib

file = pathlib.Path(__file__)
file.write_text(file.read_text(encoding="utf-8").replace("of ln g", "of ln g, read again"))
"""


def test_a_definition_that_changes_after_it_was_read(
    qtcore: Command, definition: Path, tmp_path: Path
) -> None:
    """The command read it twice: the store held a text that was not that of its checks."""
    text = definition.read_text(encoding="utf-8") + REWRITES_ITSELF
    definition.write_text(text, encoding="utf-8")
    said = qtcore("run", definition, "--cluster", "threads", "--store", tmp_path / "a.zarr")
    assert said.code == 0
    assert "read again" not in said.out
    assert qt.source(tmp_path / "a.zarr") == text
    assert definition.read_text(encoding="utf-8") != text
