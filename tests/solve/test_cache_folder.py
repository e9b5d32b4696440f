"""Where compiled functions are kept: only where nobody else can put anything; or nowhere."""

import ast
import logging
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from numba.core.caching import NullCache

from qtcore import compiled
from qtcore.cluster.environment import SHELL_LINES

ROOT = Path(__file__).resolve().parents[2]
AS_ROOT = pytest.mark.skipif(os.getuid() != 0, reason="only root makes files of other users")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home and a folder for temporary files that nobody has used, and nothing asked for."""
    home, temporary = tmp_path / "home", tmp_path / "tmp"
    home.mkdir(mode=0o700)
    temporary.mkdir()
    temporary.chmod(0o1777)
    for name in (compiled.ASKED_FOR, compiled.SAID, "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(temporary))
    compiled.cache_folder.cache_clear()
    yield home
    compiled.cache_folder.cache_clear()


def test_a_folder_of_its_own_for_this_user_alone(home: Path) -> None:
    folder = compiled.cache_folder()
    assert folder == home / ".cache" / "qtcore-numba"
    assert folder.stat().st_mode & 0o777 == 0o700


def test_a_home_that_cannot_be_written_to(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (home / "file").write_text("")
    monkeypatch.setenv("HOME", str(home / "file"))
    folder = compiled.cache_folder()
    assert folder == home.parent / "tmp" / f"qtcore-numba-{os.getuid()}"
    assert folder.stat().st_mode & 0o777 == 0o700


def _link(folder: Path) -> None:
    (folder.parent / "target").mkdir(mode=0o700)
    folder.symlink_to(folder.parent / "target")


def _open_to_the_group(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o770)


def _open_to_all(folder: Path) -> None:
    folder.mkdir()
    folder.chmod(0o707)


def _of_somebody_else(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    os.chown(folder, 12345, 12345)


def _in_a_folder_of_somebody_else(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    os.chown(folder.parent, 12345, 12345)


def _in_a_folder_open_to_all(folder: Path) -> None:
    folder.mkdir(mode=0o700)
    folder.parent.chmod(0o777)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (_link, "it is a link"),
        (_open_to_the_group, "others may write to it"),
        (_open_to_all, "others may write to it"),
        pytest.param(_of_somebody_else, "it belongs to somebody else", marks=AS_ROOT),
        pytest.param(_in_a_folder_of_somebody_else, "others may put another", marks=AS_ROOT),
        (_in_a_folder_open_to_all, "others may put another"),
    ],
)
def test_unsafe_folder_is_not_used(
    home: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    make: Callable[[Path], None],
    said: str,
) -> None:
    asked = tmp_path / "shared" / "numba"
    asked.parent.mkdir()
    make(asked)
    monkeypatch.setenv(compiled.ASKED_FOR, str(asked))
    with caplog.at_level(logging.WARNING):
        assert compiled.cache_folder() == home / ".cache" / "qtcore-numba"
    assert said in caplog.text
    assert list(asked.iterdir()) == []


def test_without_any_folder_functions_are_compiled_all_the_same(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (home / "file").write_text("")
    monkeypatch.setenv("HOME", str(home / "file"))
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(home / "file"))
    with caplog.at_level(logging.WARNING):
        double = compiled.njit(cache=True)(_double)
    assert double(2) == 4
    assert isinstance(double._cache, NullCache)
    assert "compiled functions are not kept" in caplog.text
    assert len(caplog.records) == 1
    assert "\n" not in caplog.records[0].getMessage()


def _double(x):  # type: ignore[no-untyped-def]
    return 2 * x


def test_full_disk_and_damaged_files_do_not_stop_a_compilation(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert compiled.njit(cache=True)(_double)(2) == 4
    files = list((home / ".cache").rglob("*.nb*"))
    assert files
    for path in files:  # as a power failure leaves them
        path.write_bytes(b"\0" * 100)
    assert compiled.njit(cache=True)(_double)(2) == 4
    again = compiled.njit(cache=True)(_double)
    assert again(2) == 4
    assert sum(again.stats.cache_hits.values()) == 1, "and the next process finds it again"

    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("numba.core.caching.IndexDataCacheFile.save", full)
    assert compiled.njit(cache=True)(_double)(2.5) == 5.0


def test_every_cached_function_is_kept_by_this_module() -> None:
    for path in (ROOT / "qtcore").rglob("*.py"):
        if path.name == "compiled.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.ImportFrom) and node.module == "numba":
                taken = {name.name for name in node.names}
                assert not taken & {"njit", "jit", "vectorize", "guvectorize", "cfunc"}, path


@pytest.mark.parametrize("make", [_link, _open_to_the_group])
def test_workers_elsewhere_take_no_unsafe_folder(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    folder = tmp_path / f"qtcore-numba-{os.getuid()}"
    make(folder)
    script = "\n".join(["set -eu", *SHELL_LINES, 'echo "$NUMBA_CACHE_DIR"'])
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    answer = subprocess.run(
        ["sh", "-c", script], env=environment, capture_output=True, text=True, check=True
    )
    found = Path(answer.stdout.strip())
    assert not found.is_symlink()
    assert found.stat().st_mode & 0o077 == 0
    assert (found == folder) == (make is not _link)


@AS_ROOT
def test_user_without_a_home(tmp_path: Path) -> None:
    python = ROOT / ".venv" / "bin" / "python"
    other = ["setpriv", "--reuid", "12345", "--regid", "12345", "--clear-groups", str(python)]
    try:
        subprocess.run([*other, "-c", "import numba"], check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("another user cannot start this Python")
    (tmp_path / "tmp").mkdir()
    words = "import tempfile; tempfile.tempdir = '/proc/none'; from qtcore.cli import main; main()"
    environment = {k: v for k, v in os.environ.items() if k not in ("HOME", "NUMBA_CACHE_DIR")}
    answer = subprocess.run(
        [*other, "-c", words, "--version"], env=environment, capture_output=True, text=True
    )
    assert answer.returncode == 0, answer.stderr
    assert "Traceback" not in answer.stderr


def test_what_was_compiled_of_other_files_is_not_taken(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A function that is compiled into another one stands in a file of its own."""
    assert home.is_dir()

    def loaded() -> int:
        function = compiled.njit(cache=True)(_twice)
        function(2.0)
        return sum(function.stats.cache_hits.values())

    assert loaded() == 0
    assert loaded() == 1
    monkeypatch.setattr(compiled, "_sources", lambda: "after an edit of any file")
    assert loaded() == 0
    assert loaded() == 1


def _twice(x: float) -> float:
    return 2 * x


def test_an_edit_of_any_file_counts(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    package = tmp_path / "qtcore"
    (package / "solve").mkdir(parents=True)
    for name in ("compiled.py", "solve/graded.py"):
        (package / name).write_text("x = 1\n")
    monkeypatch.setattr(compiled, "__file__", str(package / "compiled.py"))
    compiled._sources.cache_clear()
    before = compiled._sources()
    (package / "solve" / "graded.py").write_text("x = 12\n")
    compiled._sources.cache_clear()
    assert compiled._sources() != before
    compiled._sources.cache_clear()
