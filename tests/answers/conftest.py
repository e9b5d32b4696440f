"""Small stores of real runs: one of wires, and those of a walk, to compare and to put together."""

import textwrap
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from distributed import Client

import qtcore as qt
from qtcore import session
from qtcore.cluster.connect import connect
from qtcore.cluster.profile import Threads

DEFINITION = '''
"""Strips of two widths."""

import qtcore as qt


def wire(point):
    return qt.Wire(qt.Square(point.width), qt.Box(point.disorder))


workflow = qt.Workflow(
    name="strips",
    title="strips",
    summary="strips of two widths",
    wire=wire,
    presets={
        "tiny": qt.Preset(
            width=(2, 3),
            disorder=(1.0, 2.0),
            energy=0.5,
            lengths=(4, 8, 16, 32),
            realizations=20,
        )
    },
)
'''

WALK = """
    import numpy as np
    import qtcore as qt
    from qtcore import estimate

    def solve(point, realizations):
        rows = []
        for number in realizations:
            draw = np.random.default_rng([point.seed, number])
            steps = point.drift + draw.normal(size=point.lengths[-1])
            rows.append(np.cumsum(steps)[np.array(point.lengths) - 1])
        return {"phase": np.array(rows)}

    def measure(at):
        return {"mean_phase": estimate.mean(at.phase)}

    def expect(at):
        return {"mean_phase": at.point(drift=at.drift).drift * at.length}

    workflow = qt.Workflow(
        "walk", "A walk", "For tests.",
        {"quick": qt.Preset(
            drift=qt.Axis((0.0, 0.5, 1.0), long_name="drift"), lengths=(4, 8, 16, 32),
            realizations=60)},
        solve=solve,
        variables=(qt.Variable("phase", dims=("length",), long_name="phase of the walk"),),
        quantities=(
            qt.Quantity("mean_phase", dims=("length",), long_name="mean phase", source="drift"),),
        measure=measure, expect=expect,
        panels=(qt.Line(y="mean_phase", x="length", colour="drift"),),
    )
"""

Run = Callable[..., str]


@pytest.fixture(scope="session")
def one_client() -> Iterator[Client]:
    with connect(Threads(kind="threads", workers=1)) as client:
        yield client


@pytest.fixture
def run(one_client: Client, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Run:
    """Run the definition, with some of its text replaced, into a store; return the store."""
    plain = session.connect

    def spared(profile: Any, store: Any = None, packages: Any = ()) -> Any:
        is_here = isinstance(profile, Threads)
        return nullcontext(one_client) if is_here else plain(profile, store, packages)

    monkeypatch.setattr(session, "connect", spared)

    def made(name: str, *replacements: tuple[str, str], text: str = WALK, **options: Any) -> str:
        text = textwrap.dedent(text)
        for old, new in replacements:
            assert old in text
            text = text.replace(old, new)
        definition = tmp_path / f"definition{abs(hash((text, replacements)))}.py"
        definition.write_text(text, encoding="utf-8")
        store = name if "://" in name else str(tmp_path / name)
        qt.run(definition, store=store, cluster="threads", progress=False, **options)
        return store

    return made


@pytest.fixture(scope="session")
def definition(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("definition") / "strips.py"
    path.write_text(DEFINITION)
    return path


@pytest.fixture(scope="session")
def store(definition: Path) -> Path:
    place = definition.parent / "strips.zarr"
    qt.run(definition, store=place, cluster="threads", seed=5, progress=False)
    return place
