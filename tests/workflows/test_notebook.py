"""Sweeps in a real kernel: one output that changes, a table, a figure, and nothing else."""

import re
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from qtcore.errors import counted

nbformat = pytest.importorskip("nbformat", reason="notebooks are executed")
nbclient = pytest.importorskip("nbclient", reason="notebooks are executed")
pytest.importorskip("ipykernel", reason="notebooks are executed")

START = """
%matplotlib inline
import numpy as np
import qtcore as qt

WIDEST = 2.0

def ribbon(width, energy):
    return qt.Wire(qt.Square(width), disorder=qt.Box(WIDEST))
"""

SWEEP = """
result = qt.sweep(ribbon, width=(2, 4), energy=(0.1, 0.7), realizations=40, lengths=(8, 16, 32))
"""


def executed(
    cells: list[str], folder: Path, meanwhile: Callable[[Any], None] | None = None
) -> list[list[Any]]:
    """Return the outputs of cells that a kernel has executed in a folder."""
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    resources = {"metadata": {"path": str(folder)}}
    client = nbclient.NotebookClient(notebook, timeout=600, resources=resources)
    if meanwhile is not None:
        threading.Thread(target=meanwhile, args=(client,), daemon=True).start()
    client.execute()
    return [cell.outputs for cell in notebook.cells]


@pytest.mark.slow
def test_a_sweep_in_a_notebook(tmp_path: Path) -> None:
    start, swept, result, checks, figure, written = executed(
        [
            START,
            SWEEP,
            "result",
            "result.checks",
            "result.figure()",
            "qt.sweep(lambda width: ribbon(width, 0.0), width=(2, 3), energy=0.1, realizations=8,\n"
            "    lengths=(8,), progress=False).store",
        ],
        tmp_path,
    )
    assert start == []
    # All that happened stands in one output, the last state of it.
    (only,) = swept
    assert only.output_type == "display_data"
    assert "100%" in only.data["text/html"]
    assert "<progress" in only.data["text/html"]
    assert re.match(r"100% done, 4 of 4 blocks, .* on \d+ worker", only.data["text/plain"])
    assert "data:image/png;base64" in result[0].data["text/html"]
    assert "complete" in result[0].data["text/plain"]
    assert "<table>" in checks[0].data["text/html"]
    assert "image/png" in figure[0].data
    (store,) = written
    assert re.match("'results/sweep-[0-9a-f]{8}.zarr'", store.data["text/plain"])


@pytest.mark.slow
def test_an_interrupt_ends_a_run_in_order(tmp_path: Path) -> None:
    """A kernel is interrupted by SIGINT, as a terminal does it with Ctrl-C."""
    interrupted = """
try:
    qt.sweep(lambda width: ribbon(width, 0), width=(8, 9), energy=0.1, realizations=1_000_000,
             lengths=(100,), cluster="threads")
except qt.QtcoreError as error:
    print(str(error).splitlines()[0])
"""

    def interrupt(notebook: Any) -> None:
        while "blocks" not in str(notebook.nb.cells[1].outputs):
            time.sleep(0.2)
        notebook.km.provisioner.process.send_signal(signal.SIGINT)

    start = time.monotonic()
    _, (display, said), after = executed([START, interrupted, SWEEP], tmp_path, interrupt)
    assert said.text == "The sweep stopped: interrupted.\n"
    assert "blocks" in display.data["text/plain"]
    assert not display.data["text/plain"].startswith("100%")
    assert len(after) == 1, counted(len(after), "outputs")
    assert time.monotonic() - start < 300
