"""Ctrl-C as a terminal sends it, once or several times: one sentence, exit code 3, no traceback."""

import os
import pty
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

import pytest

import qtcore as qt
from qtcore.cli import signals

START = ["-c", "from qtcore.cli import main; main()", "run", "slow.py", "--cluster", "threads"]

SLOW = '''
import time
import numpy as np
import qtcore as qt
import xarray as xr


def solve(point, realizations):
    """Take a moment, so that a run is still under way when Ctrl-C comes."""
    time.sleep(0.05)
    return {"x": np.ones(len(realizations))}


workflow = qt.Workflow(
    "slow", "A slow one", "Takes its time.",
    {"quick": qt.Preset(gate=range(400), realizations=1)},
    lambda ds: xr.Dataset(), None, lambda result: [],
    solve=solve, variables=[qt.Variable("x")],
)
'''


OWN_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""Makes the terminal that of a new session, which Ctrl-C needs, and goes on as a command."""


def typed(
    options: list[str], folder: Path, when: Callable[[bytes], bool], pauses: list[float]
) -> tuple[int, str]:
    """Run qtcore on a terminal, type Ctrl-C after `when` and each of the pauses (s).

    Returns the exit code and what the terminal showed.
    """
    terminal, inner = pty.openpty()
    # Without this flag the terminal throws away what is on its way to the screen at each Ctrl-C.
    modes = termios.tcgetattr(inner)
    modes[3] |= termios.NOFLSH
    termios.tcsetattr(inner, termios.TCSANOW, modes)
    # No pty.fork: this process has threads, and what Python does behind a fork may wait for them for ever.
    command = [sys.executable, "-S", "-c", OWN_TERMINAL, sys.executable, *options, *START]
    process = subprocess.Popen(
        command, cwd=folder, stdin=inner, stdout=inner, stderr=inner, start_new_session=True
    )
    os.close(inner)
    shown = b""
    stopping = False
    os.set_blocking(terminal, False)
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            shown += os.read(terminal, 65536)
        except BlockingIOError:
            time.sleep(0.005)
        except OSError:  # the other end is closed
            break
        if not stopping and when(shown):
            stopping = True
            for pause in pauses:
                time.sleep(pause)
                os.write(terminal, b"\x03")
    else:
        process.kill()
    code = process.wait()
    os.close(terminal)
    return code, shown.decode()


@pytest.fixture
def slow(tmp_path: Path) -> Path:
    (tmp_path / "slow.py").write_text(SLOW, encoding="utf-8")
    return tmp_path


def test_while_python_imports(slow: Path) -> None:
    # With this option Python tells what it imports; NumPy comes after the first lines of qtcore.
    options = ["-X", "importtime"]
    code, shown = typed(options, slow, lambda shown: b" numpy" in shown, [0.0, 0.0])
    assert code == 3
    assert shown.count(signals.BEFORE) == 1
    assert "Traceback" not in shown
    assert not (slow / "results").exists()


@pytest.mark.parametrize(
    "pauses", [[0.0, 0.02], pytest.param([0.0, 0.2, 0.2], marks=pytest.mark.slow)]
)
def test_several_times_within_a_second(slow: Path, pauses: list[float]) -> None:
    store = slow / "results" / "slow-quick.zarr"
    code, shown = typed([], slow, lambda _: any(store.glob("block_realizations/c*")), pauses)
    assert code == 3, shown
    assert "Traceback" not in shown
    assert "KeyboardInterrupt" not in shown
    assert "The sweep stopped: interrupted." in shown or signals.AT_ONCE in shown
    assert "goes on" in shown
    status = qt.status(store)
    assert not status.running, "the lease of a process that has ended is in nobody's way"
    assert 0 < status.blocks_done < status.blocks


LEFT_BEHIND = """
import multiprocessing, os
from qtcore.cluster.children import ctrl_c_reaches_no_child
with ctrl_c_reaches_no_child():
    kept = multiprocessing.get_context("spawn").Semaphore()
print(kept._semlock.name, flush=True)
os._exit(3)
"""


def test_nothing_is_said_of_what_is_left_behind_by_an_end_at_once() -> None:
    """Python's own helper removed the semaphores of workers, and warned of them under the sentence."""
    ended = subprocess.run(
        [sys.executable, "-c", LEFT_BEHIND], capture_output=True, text=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (3, "")
    semaphore = Path("/dev/shm") / f"sem.{ended.stdout.strip().removeprefix('/')}"
    assert not semaphore.exists()


def test_the_page_of_faults_has_the_sentences_that_are_said() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "how-to" / "faults.md").read_text(
        encoding="utf-8"
    )
    for said in (signals.BEFORE, signals.BETWEEN, signals.AT_ONCE):
        assert said in page
