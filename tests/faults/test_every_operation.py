"""Each command meets a full disk, and disappears, at each of its operations on files in turn."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from distributed import Client

import qtcore as qt
from qtcore import session
from qtcore.cli import main
from qtcore.errors import DamagedStoreError
from qtcore.store.verify import verify
from qtcore.sweep import task
from tests.faults.broken_disk import Disk, Killed, disk_below

DEFINITION = """
import numpy as np
import qtcore as qt
import xarray as xr
from matplotlib.figure import Figure


def solve(point, realizations):
    rng = [np.random.default_rng([point.seed, r]) for r in realizations]
    return {"x": np.array([one.normal(5.0, 1.0) for one in rng])}


def draw(dataset, result):
    figure = Figure(figsize=(1, 1))
    figure.subplots().plot([0, 1])
    return figure


workflow = qt.Workflow(
    "disks", "Disks", "For tests.",
    {"quick": qt.Preset(gate=(1.0, 2.0), realizations=20)},
    solve=solve, variables=(qt.Variable("x"),),
    analyse=lambda dataset: xr.Dataset({"mean": dataset.x.mean().compute()}),
    draw=draw, check=lambda result: [],
)
"""


@dataclass(frozen=True)
class Command:
    """A command, what came before it, and what it ends with when nothing happens."""

    words: tuple[str, ...]
    before: tuple[tuple[str, ...], ...] = ()
    damages: bool = False
    code: int = 0


RUN = ("run", "{definition}", "--cluster", "{profile}", "--store", "{store}")
COMMANDS = {
    "create": Command(RUN),
    "extend": Command((*RUN, "--realizations", "45"), (RUN,)),
    "precision": Command((*RUN, "--precision", "4%")),
    "compact": Command(("compact", "{store}"), (RUN,)),
    "undo": Command(("compact", "--undo", "{store}"), (RUN, ("compact", "{store}"))),
    "verify": Command(("verify-store", "{store}"), (RUN,), damages=True, code=3),
    "figure": Command(("figure", "{store}", "--workflow", "{definition}"), (RUN,)),
    "timeline": Command(("timeline", "{store}"), (RUN,)),
}


FURTHER = ("precision", "figure", "timeline")
"""Commands that do to the disk what others do as well."""


@pytest.fixture(scope="module")
def client(session_client: Client) -> Iterator[Client]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session, "connect", lambda *_: nullcontext(session_client))
        patch.setattr("qtcore.sweep.prepare_store.block_length", lambda _: 16)
        yield session_client


Call = Callable[[Path, tuple[str, ...]], tuple[int, str]]


@pytest.fixture
def call(
    client: Client,  # noqa: ARG001 - it must be there
    capfd: pytest.CaptureFixture[str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Call:
    """Give a command in this process; return its exit code and what it said."""
    definition, profile = tmp_path / "disks.py", tmp_path / "two.yaml"
    definition.write_text(DEFINITION)
    profile.write_text("kind: threads\nworkers: 2\ndashboard: false\n")
    lives = iter(range(10**6))

    def words(folder: Path, given: tuple[str, ...]) -> list[str]:
        names = {"definition": definition, "profile": profile, "store": folder / "a.zarr"}
        return [word.format(**names) for word in given]

    def give(folder: Path, given: tuple[str, ...]) -> tuple[int, str]:
        task._opened.cache_clear()
        life = f"life {next(lives)}"  # a process of its own, as leases tell them apart
        monkeypatch.setattr("qtcore.store.lease._born", lambda _: life)
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(words(folder, given))
        return int(ended.value.code or 0), "".join(capfd.readouterr())

    return give


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    (tmp_path / "disk").mkdir()
    with disk_below(tmp_path / "disk") as disk:
        yield disk


def prepared(tmp_path: Path, call: Call, command: Command) -> Path:
    """Return a folder in which all has happened that comes before the command."""
    folder = tmp_path / "before"
    folder.mkdir()
    for words in command.before:
        assert call(folder, words)[0] == 0
    if command.damages:
        chunk = sorted((folder / "a.zarr" / "x").glob("c.*"))[0]
        chunk.write_bytes(chunk.read_bytes()[:-1])
    return folder


def numbers(folder: Path) -> dict[str, Any]:
    dataset = qt.open(folder / "a.zarr").load()
    return {str(name): variable.to_numpy() for name, variable in dataset.variables.items()}


def assert_as_undisturbed(found: dict[str, Any], expected: dict[str, Any]) -> None:
    assert set(found) == set(expected)
    for name, values in expected.items():
        assert found[name].dtype == values.dtype, name
        assert found[name].tobytes() == values.tobytes(), name


def assert_readable(folder: Path, command: Command, *, readable_before: bool) -> None:
    """A store that was there is one, or says that the extension of it was stopped."""
    try:
        numbers(folder)
    except DamagedStoreError:
        if not command.damages:
            raise
    except qt.InputError as error:
        if readable_before and "running it again completes" not in str(error):
            raise


def leftovers(folder: Path) -> list[str]:
    names = (str(path.relative_to(folder)) for path in folder.rglob("*"))
    return [name for name in names if ".partial" in name or "proof-" in name or "lease" in name]


def some(count: int, step: int) -> list[int]:
    """Return which operations fail in turn: all of them in steps, and the last one."""
    return sorted({*range(0, count, step), count - 1})


STEPS = [
    pytest.param(0, id="some"),
    pytest.param(1, id="all", marks=pytest.mark.slow),
]


# A log that is written by a thread of its own disappears with the process.
@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[pytest.mark.further] if name in FURTHER else [])
        for name in COMMANDS
    ],
)
@pytest.mark.parametrize(
    "kills", [False, pytest.param(True, marks=pytest.mark.slow)], ids=["full", "killed"]
)
def test_every_operation(
    tmp_path: Path, call: Call, disk: Disk, name: str, step: int, *, kills: bool
) -> None:
    command = COMMANDS[name]
    before = prepared(tmp_path, call, command)
    folder = Path(disk.folder)

    def afresh() -> None:
        shutil.rmtree(folder)
        shutil.copytree(before, folder)

    afresh()
    with disk.watched(kills=kills):
        code, said = call(folder, command.words)
    assert code == command.code, said
    if command.damages:
        assert call(folder, RUN)[0] == 0
    expected = numbers(folder)
    files = sorted(path.name for path in folder.iterdir())
    count = disk.count
    assert count > 5
    stopped = 0
    for number in some(count, step or max(1, count // 3)):
        afresh()
        readable_before = (folder / "a.zarr").exists()
        with disk.watched(number, kills=kills):
            try:
                code, said = call(folder, command.words)
            except Killed:
                code, said = -1, ""
        where = f"{name}, operation {number} of {count}: {said}"
        assert "Traceback" not in said, where
        if not kills and (code != command.code or "disk is full" in said):
            assert code == 3, where
            assert "he disk is full" in said, where
            assert "is safe in" in said, where
            assert "same command" in said, where
            assert len(" ".join(said.split())) < 1500, where
            stopped += 1
        assert_readable(folder, command, readable_before=readable_before)
        if name in ("compact", "undo"):
            assert verify(folder / "a.zarr", repair=False).findings == [], where
        code, said = call(folder, command.words)
        assert code in (0, command.code), f"{where}; then {said}"
        if command.damages:
            assert call(folder, RUN)[0] == 0
        assert_as_undisturbed(numbers(folder), expected)
        assert leftovers(folder) == [], where
        assert sorted(path.name for path in folder.iterdir()) == files, where
        assert verify(folder / "a.zarr", repair=False).findings == [], where
    assert kills or stopped > 0
