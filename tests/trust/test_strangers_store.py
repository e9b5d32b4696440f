"""What a stranger's store can do on this machine: nothing. docs/strangers.md tells the same in words."""

import hashlib
import json
import os
import pickle
import re
import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import qtcore as qt
from qtcore import errors
from qtcore.cli import main
from qtcore.shown import without_control
from qtcore.store.create import update_attributes
from qtcore.store.header import read_header
from qtcore.sweep.extension import stored_sweep
from qtcore.sweep.reproduction import reproduction
from qtcore.sweep.trusted import UntrustedProgramError, registry, remember
from qtcore.trust import UntrustedDefinitionError
from qtcore.workflow import from_source

DEFINITION = """
from pathlib import Path
import qtcore as qt
import xarray as xr
from matplotlib.figure import Figure

HERE = Path(__FLAG__)

def wire(point):
    HERE.with_name("wire").touch()
    return qt.Wire(qt.Square(point.width), qt.Box(point.disorder))

def estimate(dataset):
    HERE.with_name("estimate").touch()
    return float(dataset.ln_g.mean()), 0.1

HERE.touch()

workflow = qt.Workflow(
    "mine", "Mine", "For tests.",
    {"quick": qt.Preset(width=(1, 2), disorder=(1.0,), energy=(0.5,), lengths=(4, 8),
                        realizations=8)},
    wire=wire, goal=qt.Goal(estimate=estimate),
    analyse=lambda dataset: xr.Dataset({"mean": dataset.ln_g.mean().compute()}),
    draw=lambda dataset, result: Figure(figsize=(1, 1)),
    check=lambda result: [],
)
"""

Stranger = Callable[..., Path]


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Spare rehearsals the processes with other hashes, which no test with this fixture is about."""
    monkeypatch.setattr("qtcore.sweep.rehearsal.may_differ", lambda _: False)


@pytest.fixture(scope="module")
def theirs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of the stranger's, with the stores that were made there."""
    return tmp_path_factory.mktemp("theirs")


@pytest.fixture
def flags(theirs: Path) -> Path:
    """A folder that shows which parts of the stranger's text have run here."""
    folder = theirs / "flags"
    folder.mkdir(exist_ok=True)
    for flag in folder.iterdir():
        flag.unlink()
    return folder


@pytest.fixture
def stranger(
    tmp_path: Path, theirs: Path, flags: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Path]:
    """Return a store that another user made; forget that it was this process."""

    def make(finished: bool = True, **options: Any) -> Path:
        known = theirs / f"{hashlib.sha256(repr(options).encode()).hexdigest()[:8]}.zarr"
        if not known.exists():
            definition = theirs / "mine.py"
            definition.write_text(DEFINITION.replace("__FLAG__", repr(str(flags / "loaded"))))
            monkeypatch.setenv("XDG_DATA_HOME", str(theirs / "home"))
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr("qtcore.sweep.rehearsal.may_differ", lambda _: False)
                qt.run(definition, store=known, cluster="threads", progress=False, **options)
            definition.unlink()
        store = tmp_path / "got.zarr"
        shutil.copytree(known, store)
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "my-home"))
        monkeypatch.setattr("qtcore.sweep.trusted._vouched", set())
        monkeypatch.setattr("qtcore.sweep.program._of_thread", threading.local())
        if not finished:
            for chunk in (store / "block_realizations").glob("c*"):
                chunk.unlink()
        for flag in flags.iterdir():
            flag.unlink()
        return store

    return make


def ran(flags: Path) -> list[str]:
    return sorted(flag.name for flag in flags.iterdir())


def command(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        main([*words])
    return int(ended.value.code or 0)


def test_reading_never_executes(stranger: Stranger, flags: Path, tmp_path: Path) -> None:
    store = stranger()
    for words in (
        ["status", str(store)],
        ["status", str(store), "--json"],
        ["query", str(tmp_path)],
        ["timeline", str(store)],
        ["plot", str(store), "--y", "mean(ln_g)", "--to", str(tmp_path / "mean.png")],
        ["source", str(store)],
        ["verify-store", str(store), "--dry-run"],
        ["verify-store", str(store)],
        ["compact", str(store)],
        ["compact", str(store), "--undo"],
    ):
        assert command(*words) == 0, words
    qt.open(store).load()
    assert ran(flags) == []


@pytest.mark.parametrize(
    "words", [("check",), pytest.param(("figure",), marks=pytest.mark.slow), ("rerun",)]
)
def test_a_definition_from_elsewhere_is_refused_with_the_way_on(
    stranger: Stranger, flags: Path, words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    store = stranger(finished=False)
    assert command(*words, str(store)) == 2
    said = capsys.readouterr().err
    assert "not executed" in said
    assert "--trust" in said
    assert f"qtcore source {store}" in said
    assert ran(flags) == []
    assert not store.with_suffix(".png").exists()


@pytest.mark.usefixtures("alone")
def test_the_user_may_trust_it(stranger: Stranger, flags: Path) -> None:
    store = stranger(finished=False)
    assert "def wire(point)" in qt.source(store)
    assert qt.check(store, trust=True) == []
    assert ran(flags) == ["loaded"]
    ds = qt.rerun(store, cluster="threads", progress=False, trust=True)
    assert "wire" in ran(flags)
    assert int(ds.finished.sum()) == 16
    assert all(c.passed for c in qt.check(store)), "what was trusted once is remembered"


def test_python_calls_refuse_too(stranger: Stranger, flags: Path) -> None:
    store = stranger(finished=False)
    point = {"width": 1, "disorder": 1.0, "energy": 0.5}
    calls: list[Callable[[], Any]] = [
        lambda: qt.reproduce(store, point, range(2)),
        lambda: qt.rerun(store, cluster="threads", progress=False),
        lambda: qt.check(store),
        lambda: qt.figure(store),
        lambda: qt.plot(store, "localization_length"),
    ]
    for call in calls:
        with pytest.raises(UntrustedDefinitionError, match="not executed"):
            call()
    assert ran(flags) == []
    assert len(qt.reproduce(store, point, range(2), trust=True)["ln_g"]) == 2


@pytest.mark.slow
def test_the_estimate_of_a_precision_goal_is_refused_alone(stranger: Stranger, flags: Path) -> None:
    store = stranger(precision=0.05, realizations=128)
    remember(read_header(store).spec["program"])  # as if this user had run the same wires
    with pytest.raises(UntrustedDefinitionError):
        qt.rerun(store, cluster="threads", progress=False)
    assert ran(flags) == []


@pytest.mark.usefixtures("alone")
def test_a_store_made_here_is_at_home_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    definition = tmp_path / "mine.py"
    definition.write_text(DEFINITION.replace("__FLAG__", repr(str(tmp_path / "loaded"))))
    store = tmp_path / "a.zarr"
    qt.run(definition, store=store, cluster="threads", progress=False)
    monkeypatch.setattr("qtcore.sweep.trusted._vouched", set())  # as in another process
    # An edited definition is still the user's own file.
    definition.write_text(
        definition.read_text().replace("check=lambda result: []", "check=lambda _: []")
    )
    assert [check.passed for check in qt.check(store)] == [True, True]
    definition.unlink()
    assert [check.passed for check in qt.check(store)] == [True, True]
    qt.rerun(store, tmp_path / "b.zarr", cluster="threads", progress=False)
    folder = registry()
    assert folder is not None
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_shipped_definition_needs_no_trust(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    store = tmp_path / "a.zarr"
    settings = {"energy": (0.0, 0.5)}
    qt.run("resonances", store=store, settings=settings, cluster="threads", progress=False)
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "other"))
    monkeypatch.setattr("qtcore.sweep.trusted._vouched", set())
    assert qt.rerun(store, tmp_path / "b.zarr", cluster="threads", progress=False).sizes["energy"]


def test_repeating_a_store_does_not_make_its_definition_known(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its functions are those of a shipped definition and may run; its text is a stranger's."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    store, flag = tmp_path / "a.zarr", tmp_path / "ran"
    settings = {"energy": (0.0, 0.5)}
    qt.run("resonances", store=store, settings=settings, cluster="threads", progress=False)
    text = f"from pathlib import Path\nPath({str(flag)!r}).touch()\n{qt.source(store)}"
    update_attributes(store, {"definition_source": text, "definition": "gone"})
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "other"))
    monkeypatch.setattr("qtcore.sweep.trusted._vouched", set())
    qt.rerun(store, tmp_path / "b.zarr", cluster="threads", progress=False)
    for again in (store, tmp_path / "b.zarr"):
        with pytest.raises(UntrustedDefinitionError):
            qt.check(again)
    assert not flag.exists()


def test_a_run_gives_its_own_definition_to_a_strangers_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    store, flag = tmp_path / "a.zarr", tmp_path / "ran"
    options: dict[str, Any] = {"store": store, "settings": {"energy": (0.0, 0.5)}}
    options |= {"cluster": "threads", "progress": False}
    qt.run("resonances", **options)
    own = qt.source(store)
    evil = f"from pathlib import Path\nPath({str(flag)!r}).touch()\n{own}"
    update_attributes(store, {"definition_source": evil, "definition": "gone"})
    qt.run("resonances", **options)
    assert qt.source(store) == own
    assert qt.check(store)
    (kept,) = (store / "run" / "definitions").iterdir()
    assert kept.read_text() == evil
    assert not flag.exists()


def test_a_definition_in_the_current_folder_is_not_run_because_a_store_names_it(
    stranger: Stranger, flags: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An archive with a store and a folder `workflows` beside it, opened where it was unpacked."""
    store = stranger()
    workflows = tmp_path / "workflows"
    workflows.mkdir()
    text = qt.source(store)
    for name in ("mine", "localization"):
        (workflows / f"{name}.py").write_text(text + "\n# another text\n")
    monkeypatch.chdir(tmp_path)
    for named in ("", str(workflows / "mine.py"), "workflows/mine.py"):
        update_attributes(store, {"definition": named})
        with pytest.raises(UntrustedDefinitionError):
            qt.check(store)
        assert ran(flags) == []


@pytest.mark.usefixtures("alone")
def test_a_program_with_one_statement_more_is_another_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Continuing one's own sweep on a store that somebody has changed runs nothing of theirs."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    definition = tmp_path / "mine.py"
    definition.write_text(DEFINITION.replace("__FLAG__", repr(str(tmp_path / "loaded"))))
    store = tmp_path / "a.zarr"
    run = {"store": store, "cluster": "threads", "progress": False}
    qt.run(definition, **run)
    spec = read_header(store).spec
    flag = tmp_path / "theirs"
    spec["program"] += f"\n[open({str(flag)!r}, 'w')]\n"
    update_attributes(store, {"spec": json.dumps(spec)})
    with pytest.raises(qt.QtcoreError):
        qt.run(definition, realizations=16, **run)
    with pytest.raises(UntrustedDefinitionError):
        qt.rerun(store, cluster="threads", progress=False)
    assert not flag.exists()


def test_no_program_of_a_store_runs_unasked_even_inside_the_engine(stranger: Stranger) -> None:
    """The last door: whatever calls it, a program that nobody vouched for does not run."""
    sweep = stored_sweep(read_header(stranger()))
    with pytest.raises(UntrustedProgramError):
        sweep.wire(sweep.point(0))


@pytest.mark.slow
@pytest.mark.parametrize("how", ["link", "open", "file"])
def test_a_registry_that_is_not_private_vouches_for_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    definition = tmp_path / "mine.py"
    definition.write_text(DEFINITION.replace("__FLAG__", repr(str(tmp_path / "loaded"))))
    store = tmp_path / "a.zarr"
    qt.run(definition, store=store, cluster="threads", progress=False)
    definition.unlink()
    monkeypatch.setattr("qtcore.sweep.trusted._vouched", set())
    folder = registry()
    assert folder is not None
    if how == "open":
        folder.chmod(0o777)
    else:
        moved = folder.rename(folder.with_name("elsewhere"))
        if how == "link":
            folder.symlink_to(moved)
        else:
            folder.write_text("")
    with pytest.raises(UntrustedDefinitionError):
        qt.check(store)
    copy = tmp_path / "b.zarr"
    definition.write_text(DEFINITION.replace("__FLAG__", repr(str(tmp_path / "loaded"))))
    qt.run(definition, store=copy, cluster="threads", progress=False)  # it does not need one


@pytest.mark.slow
def test_printed_commands_are_quoted_for_the_shell(tmp_path: Path) -> None:
    """A folder's name may hold what a shell would execute."""
    folder = tmp_path / "$(touch flag)`touch flag`'; touch flag; \" x"
    folder.mkdir()
    definition = tmp_path / "mine.py"
    definition.write_text(DEFINITION.replace("__FLAG__", repr(str(tmp_path / "loaded"))))
    store = folder / "a.zarr"
    qt.run(definition, store=store, cluster="threads", progress=False)
    sweep = stored_sweep(read_header(store))
    printed = reproduction(str(store), sweep.point(0), range(2))
    line = printed.replace("python", shlex.quote(sys.executable), 1)
    done = subprocess.run(
        ["sh", "-c", line], cwd=tmp_path, check=False, capture_output=True, text=True
    )
    assert "ln_g" in done.stdout, done.stderr
    # What a command prints to be pasted is read back as the words that were meant.
    said = shlex.split(errors.command("verify-store", store))
    assert said == ["qtcore", "verify-store", str(store)]
    subprocess.run(["sh", "-c", f": {shlex.join(said)}"], cwd=tmp_path, check=True)
    assert not (tmp_path / "flag").exists()


def test_the_commands_of_a_log_are_not_repeated(stranger: Stranger) -> None:
    store = stranger(finished=False)
    log = next((store / "run").glob("events*.jsonl"))
    line = {"event": "BlockFailed", "point": 1, "first": 0, "stop": 1, "parameters": "width 2"}
    line |= {"error": "x", "trace": "", "attempts": 3, "reproduce": "rm -rf ~", "worker": "w"}
    with log.open("a") as file:
        file.write(json.dumps(line) + "\n")
    for chunk in (store / "block_realizations").glob("c*"):
        chunk.unlink()
    failures = qt.status(store).failures
    assert len(failures) == 1
    assert "rm" not in failures[0]["reproduce"]
    assert shlex.split(failures[0]["reproduce"])[0] == "python"


def test_texts_of_a_store_do_not_steer_the_terminal(
    stranger: Stranger, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    store = stranger()
    evil = "\x1b]0;title\x07\x1b[2J\x9b31m[/red][link=file:///x]click"
    spec = read_header(store).spec | {"workflow": evil}
    names = {"preset": evil, "workflow": evil, "definition_source": evil}
    update_attributes(store, {**names, "spec": json.dumps(spec)})
    for words in (["status", str(store)], ["query", str(tmp_path)], ["source", str(store)]):
        command(*words)
    command("check", str(store))
    update_attributes(store, {"spec": json.dumps(spec | {"constants": {evil: [evil]}})})
    command("query", str(tmp_path))
    command("query", str(tmp_path), "--where", "nothing=1")
    said = capsys.readouterr()
    for text in (said.out, said.err):
        assert "\x1b]" not in text
        assert "\x1b[2J" not in text
        assert "\x9b" not in text
        assert "\x07" not in text
    assert without_control("a\x1b[0m\tb\n") == "a\\x1b[0m\tb\n"


@pytest.mark.parametrize(
    "letter", ["\u202e", "\u2066", "\u200b", "\u200d", "\ufeff", "\u2028", "\x85"]
)
def test_invisible_characters_are_written_out(letter: str) -> None:
    """Such as those that turn the direction of what follows, or have no width."""
    written = without_control(f"a{letter}é中")
    assert letter not in written
    assert written == f"a{ascii(letter)[1:-1]}é中"


class _Evil:
    def __init__(self, flag: str) -> None:
        self.flag = flag

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch {self.flag}",)


def test_a_definition_of_before_with_an_unmarked_list_analyses_its_store(
    stranger: Stranger,
) -> None:
    """Such lists are refused in new presets (decision 24)."""
    store = stranger()
    text = read_header(store).attributes["definition_source"]
    unmarked = text.replace("realizations=8)", "realizations=8, table=[1, 2])")
    assert unmarked != text
    update_attributes(store, {"definition_source": unmarked})
    assert command("check", str(store), "--trust") == 0
    with pytest.raises(qt.QtcoreError, match="table is no standard axis"):
        from_source(unmarked, "mine.py")


@pytest.mark.filterwarnings("ignore:Object at evil is not recognized")  # what Zarr says of it
def test_pickled_chunks_are_not_read(stranger: Stranger, tmp_path: Path) -> None:
    """Zarr knows codecs that unpickle: an array with one, in the group or in consolidated metadata."""
    store = stranger()
    flag = tmp_path / "unpickled"
    codec = {"id": "pickle"}
    old = {"zarr_format": 2, "shape": [8], "chunks": [8], "dtype": "|O", "compressor": None}
    old |= {"fill_value": None, "order": "C", "filters": [codec]}
    attributes = {"_ARRAY_DIMENSIONS": ["realization"]}
    folder = store / "evil"
    folder.mkdir()
    (folder / "0").write_bytes(pickle.dumps(_Evil(str(flag))))
    (folder / ".zarray").write_text(json.dumps(old))
    (folder / ".zattrs").write_text(json.dumps(attributes))
    document = json.loads((store / "zarr.json").read_text())
    listed = document.setdefault(
        "consolidated_metadata", {"kind": "inline", "must_understand": False, "metadata": {}}
    )
    listed["metadata"]["evil"] = old | {"attributes": attributes}
    (store / "zarr.json").write_text(json.dumps(document))
    assert "evil" not in qt.open(store).load()
    for words in (["status"], ["verify-store"]):
        command(*words, str(store))
    assert not flag.exists()


@pytest.mark.usefixtures("alone")
def test_an_analysis_that_solves_a_sample_again_needs_no_trust_at_home(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`fluctuations` does so: its programs are vouched for before the analysis, in any process."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    definition = tmp_path / "mine.py"
    text = DEFINITION.replace("__FLAG__", repr(str(tmp_path / "loaded")))
    again = """
def analyse(dataset):
    from qtcore.sweep.spec import Sweep
    import json
    sweep = Sweep.from_fields(json.loads(dataset.attrs["spec"]))
    g = sweep.solve(sweep.point(0), range(1))["ln_g"]
    return xr.Dataset({"same": float(abs(g - dataset.ln_g.to_numpy()[0, 0, :1]).max())})

workflow = """
    text = text.replace("\nworkflow = ", again).replace(
        'analyse=lambda dataset: xr.Dataset({"mean": dataset.ln_g.mean().compute()})',
        "analyse=analyse",
    )
    definition.write_text(text)
    store = tmp_path / "a.zarr"
    qt.run(definition, store=store, cluster="threads", progress=False)
    monkeypatch.setattr("qtcore.sweep.trusted._vouched", set())
    monkeypatch.setattr("qtcore.sweep.program._of_thread", threading.local())
    assert [check.passed for check in qt.check(store)] == [True, True]


def test_no_message_shows_a_command_that_is_not_quoted() -> None:
    """A store's folder may be called anything; `errors.command` quotes it."""
    bare = re.compile(r"qtcore (verify-store|status|check|compact|figure|rerun|source)\b[^\"'`]*\{")
    root = Path(qt.__file__).parent
    found = [
        f"{path.name}: {line.strip()}"
        for path in root.rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if bare.search(line) and re.search(r"\{[\w.]*(store|place)", line)
    ]
    assert found == []
