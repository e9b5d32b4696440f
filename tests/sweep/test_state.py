"""State of a definition reaches the workers, or is refused: numbers of both processes, side by side."""

import json
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from qtcore.sweep.cut import cut_out

SCRIPT = Path(__file__).with_name("states.py")
STATES = runpy.run_path(str(SCRIPT))
REFUSED, RIGHT, QUIET = STATES["REFUSED"], STATES["RIGHT"], STATES["NOT_TAKEN"]["QUIET"]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("neighbour")
    (folder / "neighbour_of_mine.py").write_text("N = 3\n", encoding="utf-8")
    command = [sys.executable, "-W", "ignore", str(SCRIPT), str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


@pytest.mark.parametrize("kind", RIGHT)
def test_workers_have_the_number_of_the_author(answers: dict[str, Any], kind: str) -> None:
    author, worker = answers[kind]
    assert author == ["value", pytest.approx(RIGHT[kind][0])], author[1]
    assert worker == author, worker[1]


@pytest.mark.parametrize("kind", REFUSED)
def test_what_workers_might_not_have_is_refused_by_name(answers: dict[str, Any], kind: str) -> None:
    (how, message), *_ = answers["refused: " + kind]
    assert how == "raised"
    assert message.startswith("InputError")
    assert REFUSED[kind][0] in message


@pytest.mark.parametrize("kind", QUIET)
def test_what_makes_no_numbers_is_not_in_the_program(kind: str) -> None:
    before, value = QUIET[kind]
    with_it, without = (
        STATES["text_of"](before, value),
        STATES["text_of"]("N = 3\n" if value == "N" else "", value),
    )
    assert cut_out(with_it, ["solve"]) == cut_out(without, ["solve"])
