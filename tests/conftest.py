"""What holds for every test: one thread per process, no screen, reproducible hypothesis examples."""

import gc
import os
import shutil
import signal
import sys
import tempfile
import urllib.request
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

# BLAS and OpenMP read these when they are loaded, so they are set before the first import of numpy.
# Worker processes that a test starts inherit them.
if (
    "numpy" in sys.modules
):  # a plugin that imports numpy would make the lines below silently useless
    raise RuntimeError("numpy was imported before tests/conftest.py could pin its threads to 1")
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS"):
    os.environ[_name] = "1"
os.environ["MPLBACKEND"] = "Agg"
# Until the tests are collected, next to nothing that is made can go again.
gc.disable()
# What tests run is not remembered as something that this user has run, and what the user has run
# changes no test.
_home = tempfile.TemporaryDirectory(prefix="qtcore-tests-")
os.environ["XDG_DATA_HOME"] = _home.name

# A shell that starts the tests in the background makes them ignore Ctrl-C, and programs that they
# start would inherit it.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

import pytest  # noqa: E402 - after the threads are pinned
from hypothesis import settings  # noqa: E402

from . import known_ensembles, known_fonts  # noqa: E402

# Numba compiles a kernel at its first call, so the time of one example says nothing: no deadline.
# By default the same examples are drawn every time: `make test` must not pass today and fail tomorrow
# on the same code. `make test-drawn` looks for new examples.
settings.register_profile("same", deadline=None, max_examples=50, derandomize=True, print_blob=True)
settings.register_profile("drawn", deadline=None, max_examples=50, print_blob=True)
settings.register_profile("thorough", deadline=None, max_examples=1000, print_blob=True)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "same"))


CHROMIUMS = ("chromium", "chromium-browser", "google-chrome")
"""Names of the browser in which pages are opened."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """Say how long the stress test lasts."""
    parser.addoption("--chaos-minutes", type=float, default=10.0, help="length of test_chaos.py")
    parser.addoption(
        "--chaos-pace",
        type=float,
        default=1.0,
        help="so many times rarer deaths in test_chaos.py, where workers start slowly",
    )


ORDER = (
    "laws/test_laws.py",
    *("estimate", "theory"),
    *("faults", "trust", "laws", "workflows", "cluster", "cli"),
)
"""What `make test` begins with. The first file compiles most of what is to be compiled while the next
ones need little of it, so that few processes compile the same. Folders with the longest files come
before the others: a long file that starts last would leave the other processes without work."""

HERE = Path(__file__).parent


def _rank(item: pytest.Item) -> int:
    """Return the place of a test's file in that order."""
    path = item.path.as_posix().removeprefix(f"{HERE.as_posix()}/")
    return next((n for n, start in enumerate(ORDER) if path.startswith(start)), len(ORDER))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Take a process more than there are cores: tests wait for servers, workers and the clock too."""
    return len(os.sched_getaffinity(0)) + 1


def _mark_further_cases(items: list[pytest.Item]) -> None:
    """Mark as `further` all cases of a test but the first ones, and count what is further as slow."""
    cases: Counter[str] = Counter()
    for item in items:
        few = item.get_closest_marker("first_cases")
        if few is not None and item.get_closest_marker("slow") is None:
            name = item.nodeid.partition("[")[0]
            cases[name] += 1
            if cases[name] > few.args[0]:
                item.add_marker("further")
        if item.get_closest_marker("further") is not None:
            item.add_marker("slow")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Order the files, and leave the stress test out unless it is asked for by its marker."""
    _mark_further_cases(items)
    items.sort(key=_rank)
    if "chaos" in config.option.markexpr:
        return
    skip = pytest.mark.skip(reason="a stress test of minutes: pytest -m chaos")
    for item in items:
        if "chaos" in item.keywords:
            item.add_marker(skip)


def pytest_collection_finish() -> None:
    """Spare Python to look for garbage among a million objects that live as long as the tests."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
    gc.enable()


@pytest.fixture(scope="session", autouse=True)
def any_port() -> None:
    """Give every dashboard a port of its own: tests of several processes would share the usual one."""
    from qtcore.cluster import local

    local.DASHBOARD_PORT = 0


@pytest.fixture(scope="session", autouse=True)
def quick_figures() -> None:
    """Save figures with few dots, and cut each font to the same letters once."""
    from matplotlib.backends import _backend_pdf_ps

    from qtcore.figures import style

    style.SETTINGS["savefig.dpi"] = 50
    _backend_pdf_ps.get_glyphs_subset = known_fonts.cut_once(_backend_pdf_ps.get_glyphs_subset)


@pytest.fixture(scope="session", autouse=True)
def one_command_line() -> None:
    """Make the commands out of their functions once, and not for every command that a test gives."""
    import typer.main

    typer.main.get_command = cache(typer.main.get_command)


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A headless Chromium, one for each process; tests are skipped where there is none."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright drives the browser")
    chromium = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if chromium is None:
        pytest.skip("there is no Chromium (Debian: apt-get install chromium)")
    with sync_api.sync_playwright() as playwright:
        # Within a container there is no sandbox for it; it opens nothing but pages of these tests.
        started = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="session")
def s3_server() -> Iterator[str]:
    """A server of the S3 protocol on loopback, with one bucket, `bucket`."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    make = urllib.request.Request(f"http://{host}:{port}/bucket", method="PUT")
    with urllib.request.urlopen(make):
        pass
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(s3_server: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """URL of a folder of that server's bucket that only this test uses; credentials are set."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3_server)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    return f"s3://bucket/{uuid.uuid4().hex}"


@pytest.fixture
def walk() -> Callable[..., known_ensembles.Array]:
    """Random walks of ln g whose localization length is known."""
    return known_ensembles.walk


@pytest.fixture
def scatterers() -> Callable[..., known_ensembles.Array]:
    """Random scatterers in series, which follow DMPK."""
    return known_ensembles.scatterers
