"""A real store for the explorer, and a browser that looks at it."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import qtcore as qt
from qtcore.explorer.explored import Explored
from qtcore.explorer.server import Explorer

ENDED = "ERR_CONNECTION_REFUSED"
"""What a browser says of an explorer that ends before its page."""

DEFINITION = '''
"""A small workflow of chains and narrow strips, for the explorer."""

import qtcore as qt
from qtcore import estimate

QUANTITIES = (
    qt.Quantity("mean_ln_g", ("length",), "", "mean of ln g", "⟨ln g⟩", source="this test"),
    qt.Quantity("xi", (), "sites", "localization length", "ξ", source="this test"),
)


def wire(point):
    """Return a strip with box disorder."""
    return qt.Wire(qt.Square(point.width), qt.Box(point.disorder))


def lengths(points):
    """Give all strips the same lengths."""
    return (10, 20, 40, 80), None


def measure(at):
    """Average ln g, and take its slope."""
    means = estimate.mean(at.ln_g)
    return {"mean_ln_g": means, "xi": -160.0 / means[-1]}


def expect(at):
    """Say a straight line, which is near enough for a test."""
    return {"mean_ln_g": qt.Expected(-0.01 * at.length, 10.0), "xi": qt.Expected(50.0, 1e3)}


workflow = qt.Workflow(
    name="explored",
    title="A small workflow",
    summary="Strips for the explorer.",
    presets={
        "quick": qt.Preset(
            disorder=(2.0, 1.0, 3.0), width=(1, 2), energy=(0.3,), realizations=200, note="at once"
        )
    },
    wire=wire,
    lengths=lengths,
    quantities=QUANTITIES,
    measure=measure,
    expect=expect,
    panels=(qt.Line("mean_ln_g", "length"),),
)
'''


@pytest.fixture(scope="session")
def definition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the definition lies."""
    path = tmp_path_factory.mktemp("definition") / "explored.py"
    path.write_text(DEFINITION, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def folder(definition: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a finished run, and one to be extended."""
    folder = tmp_path_factory.mktemp("results")
    options: Any = {"cluster": "threads", "progress": False}
    qt.run(definition, store=folder / "run.zarr", **options)
    return folder


@pytest.fixture
def store(folder: Path) -> Path:
    """The finished run."""
    return folder / "run.zarr"


@pytest.fixture
def explored(store: Path) -> Explored:
    """The finished run as the page sees it."""
    return Explored(store, trust=True)


@pytest.fixture
def explorer(folder: Path) -> Iterator[Explorer]:
    """A server of the folder."""
    with Explorer(folder, trust=True) as found:
        yield found


@pytest.fixture
def look(browser: Any) -> Iterator[Callable[..., Any]]:
    """Open a page and wait until it is drawn; problems that the page meets fail the test."""
    problems: list[str] = []
    contexts = []

    def opened(url: str, *, offline: bool = False, fine: str = ENDED) -> Any:
        def hear(said: Any) -> None:
            is_fine = fine in said.text or ENDED in said.text
            if said.type in ("error", "warning") and not is_fine:
                problems.append(said.text)

        context = browser.new_context(viewport={"width": 1200, "height": 900}, offline=offline)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", hear)
        page.goto(url)
        page.wait_for_selector("body[data-ready=yes]", timeout=60_000)
        page.wait_for_selector("#plots .bk-Figure, #plots div", timeout=60_000)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert not problems
