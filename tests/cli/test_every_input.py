"""No input that a user can type ends in a traceback: a table over all commands.

Each row says a command, the exit code and words of the one message. Nothing is written.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Command = Callable[..., Any]

RUN = ("run", "trial", "--cluster", "threads")
LONG = "x" * 300
HUGE = "9" * 30

FILES: dict[str, bytes] = {
    "list.yaml": b"- kind: threads\n",
    "kind_list.yaml": b"kind: [a]\n",
    "kind_map.yaml": b"kind: {a: b}\n",
    "kind_none.yaml": b"kind:\n",
    "kindless.yaml": b"workers: 2\n",
    "empty.yaml": b"",
    "cyclic.yaml": b"kind: threads\nworkers: &a [*a]\n",
    "itself.yaml": b"&a\nkind: *a\n",
    "deep.yaml": b"kind: " + b"[" * 5000,
    "binary.yaml": bytes(range(256)),
    "latin.yaml": "kind: threads # für\n".encode("latin-1"),
    "date.yaml": b"kind: 2020-13-45\n",
    "tag.yaml": b"kind: !!python/object/apply:os.system [ls]\n",
    "number_key.yaml": b"kind: threads\n1: 2\n",
    "float_workers.yaml": b"kind: threads\nworkers: 1.5\n",
    "word_workers.yaml": b"kind: local\nworkers: many\n",
    "huge_workers.yaml": b"kind: threads\nworkers: -3\n",
    "timeout.yaml": b"kind: threads\nstart_timeout: .nan\n",
    "two.yaml": b"kind: threads\n---\nkind: local\n",
    "syntax.py": b"def f(:\n",
    "latin.py": "x = 'für'\n".encode("latin-1"),
    "nul.py": b"x = 1\0\n",
    "nested.py": b"x = " + b"(" * 3000,
    "exits.py": b"import sys\nsys.exit(0)\n",
    "raises.py": b"raise BaseException('no')\n",
    "mute.py": b"class Mute(Exception):\n    def __str__(self): raise ValueError\nraise Mute\n",
    "forever.py": b"def f(): f()\nf()\n",
    "empty.py": b"",
    "axis.py": b"import qtcore as qt\nqt.Preset(number=qt.Axis((3., 5., 7.)))\n",
    "constant.py": b"import qtcore as qt\nqt.Preset(strength=float('inf'))\n",
    "masked.py": b"import numpy as np, qtcore as qt\nqt.Preset(energy=np.ma.masked_all(3))\n",
    "a_file": b"precious",
}

Row = tuple[tuple[str, ...], int, str]

ROWS: list[Row] = [
    # Names of commands, options and workflows.
    ((), 2, "Usage"),
    (("",), 2, "No such command"),
    (("rnu",), 2, "No such command"),
    (("run",), 2, "Missing argument"),
    (("run", ""), 2, "unknown workflow ''"),
    (("run", "."), 2, "unknown workflow '.'"),
    (("run", "/"), 2, "there is no such file"),
    (("run", "a\0b"), 2, "unknown workflow"),
    (("run", "\udcff"), 2, "unknown workflow"),
    (("run", "a\0b.py"), 2, "there is no such file"),
    (("run", LONG), 2, "unknown workflow"),
    (("run", f"{LONG}.py"), 2, "there is no such file"),
    (("run", "~nobody_of_this_name/x.py"), 2, "there is no such file"),
    (("run", "folder.py"), 2, "there is no such file"),
    (("run", "trial", "trial"), 2, "unexpected extra argument"),
    (("list", "nothing"), 2, "unknown workflow 'nothing'"),
    (("list", "syntax.py"), 2, "this is no Python"),
    # Definitions.
    (("run", "syntax.py"), 2, "this is no Python"),
    (("run", "latin.py"), 2, "cannot be read"),
    (("run", "nul.py"), 2, "null bytes"),
    (("run", "nested.py"), 2, "this is no Python"),
    (("run", "exits.py"), 2, "SystemExit: 0"),
    (("run", "raises.py"), 2, "BaseException: no"),
    (("run", "mute.py"), 2, "Mute"),
    (("run", "forever.py"), 2, "RecursionError"),
    (("run", "empty.py"), 2, "it must assign `workflow"),
    (("run", "axis.py"), 2, "'number' cannot be an axis"),
    (("run", "constant.py"), 2, "got inf (not finite)"),
    (("run", "masked.py"), 2, "energy takes finite numbers (Fermi energy, units of t), got masked"),
    # What is swept.
    ((*RUN, "--preset", ""), 2, "unknown preset ''"),
    ((*RUN, "--set", ""), 2, "expected NAME=VALUE"),
    ((*RUN, "--set", "="), 2, "expected NAME=VALUE"),
    ((*RUN, "--set", "=1"), 2, "expected NAME=VALUE"),
    ((*RUN, "--set", "width="), 2, "width takes whole numbers, got ''"),
    ((*RUN, "--set", "width=1,,2"), 2, "width takes whole numbers, got ''"),
    ((*RUN, "--set", f"width={HUGE}"), 2, "does not fit into 64 bits"),
    ((*RUN, "--set", "width=" + "9" * 5000), 2, "width takes whole numbers"),
    ((*RUN, "--set", f"energy={HUGE}"), 2, "which a float64 cannot hold exactly"),
    ((*RUN, "--set", "energy=9007199254740993"), 2, "which a float64 cannot hold exactly"),
    ((*RUN, "--set", "energy=1e999"), 2, "energy takes finite numbers"),
    ((*RUN, "--set", "energy=1j"), 2, "energy takes numbers, got '1j'"),
    ((*RUN, "--set", "energy=0x10"), 2, "energy takes numbers"),
    ((*RUN, "--set", "energy=\0"), 2, "energy takes numbers"),
    ((*RUN, "--set", "energy=\udcff"), 2, "energy takes numbers"),
    ((*RUN, "--set", "\udcff=1"), 2, "unknown parameter"),
    ((*RUN, "--set", "number=1"), 2, "unknown parameter 'number'"),
    ((*RUN, "--set", "disorder=" + ",".join(map(str, range(20_000))), "--set",
      "energy=" + ",".join(map(str, range(20_000)))), 2, "at most 10,000,000 points"),
    ((*RUN, "--set", f"lengths={HUGE}"), 2, "does not fit into 64 bits"),
    ((*RUN, "--realizations", "1000000000000"), 2, "at most 100,000,000 for a point"),
    ((*RUN, "--realizations", "300000000"), 2, "at most 100,000,000 for a point"),
    ((*RUN, "--realizations", HUGE), 2, "does not fit into 64 bits"),
    ((*RUN, "--realizations", "-1"), 2, "realizations takes a whole number >= 1"),
    ((*RUN, "--realizations", "1e3"), 2, "allowed is a whole number in digits"),
    ((*RUN, "--realizations", "many"), 2, "allowed is a whole number in digits"),
    ((*RUN, "--seed", HUGE), 2, "seed takes a whole number from 0 to 2^63 - 1"),
    ((*RUN, "--seed", "-1"), 2, "seed takes a whole number from 0"),
    ((*RUN, "--seed", "1.5"), 2, "allowed is a whole number in digits"),
    # How much of it.
    ((*RUN, "--part", ""), 2, "allowed is I/N"),
    ((*RUN, "--part", "0/0"), 2, "allowed is I/N"),
    ((*RUN, "--part", "1/0"), 2, "allowed is I/N"),
    ((*RUN, "--part", f"1/{HUGE}"), 2, "allowed is I/N"),
    ((*RUN, "--part", "1/" + "9" * 5000), 2, "allowed is I/N"),
    ((*RUN, "--part", "²/3"), 2, "allowed is I/N"),
    ((*RUN, "--precision", ""), 2, "allowed is a percentage"),
    ((*RUN, "--precision", "nan"), 2, "allowed is a percentage"),
    ((*RUN, "--precision", "inf"), 2, "allowed is a percentage"),
    ((*RUN, "--precision", "100%"), 2, "allowed is a percentage"),
    ((*RUN, "--precision", "%"), 2, "allowed is a percentage"),
    ((*RUN, "--precision", "1%", "--realizations", "1000000000000"), 2, "100,000,000"),
    ((*RUN, "--workers", "0"), 2, "workers: allowed is a whole number >= 1"),
    ((*RUN, "--workers", "-3"), 2, "workers: allowed is a whole number >= 1"),
    ((*RUN, "--workers", HUGE), 2, "workers: allowed are at most 100,000"),
    ((*RUN, "--workers", "two"), 2, "allowed is a whole number in digits"),
    # Where.
    *(
        (("run", "trial", "--cluster", name), 2, words)
        for name, words in {
            "": "unknown cluster ''",
            "a\0b": "unknown cluster",
            "a\0b.yaml": "there is no such file",
            "tcp://": "address takes an address such as tcp://host:8786",
            "tcp://host": "address takes an address such as tcp://host:8786",
            "tcp://host:port": "address takes an address such as tcp://host:8786",
            "tcp://host:99999": "address takes an address such as tcp://host:8786",
            "tcp://[::1": "address takes an address such as tcp://host:8786",
            "list.yaml": "must be a mapping",
            "kind_list.yaml": "kind: allowed are local, threads",
            "kind_map.yaml": "kind: allowed are local, threads",
            "kind_none.yaml": "kind: allowed are local, threads",
            "kindless.yaml": "kind: allowed are local, threads",
            "empty.yaml": "must be a mapping",
            "cyclic.yaml": "workers takes a whole number >= 1",
            "itself.yaml": "kind: allowed are local, threads",
            "deep.yaml": "cannot be read",
            "binary.yaml": "cannot be read",
            "latin.yaml": "cannot be read",
            "date.yaml": "cannot be read",
            "tag.yaml": "cannot be read",
            "number_key.yaml": "1",
            "float_workers.yaml": "workers takes a whole number >= 1",
            "word_workers.yaml": "workers takes a whole number >= 1",
            "huge_workers.yaml": "workers takes a whole number >= 1",
            "timeout.yaml": "start_timeout takes seconds > 0",
            "two.yaml": "cannot be read",
            "folder.yaml": "there is no such file",
        }.items()
    ),
    *(
        ((*RUN, "--store", place), 2, words)
        for place, words in {
            "": "a store is the path of a folder or a URL",
            " ": "a store is the path of a folder or a URL",
            "a\0b.zarr": "a store is the path of a folder or a URL",
            "\udcff.zarr": "a store's path or URL is Unicode",
            "a_file": "it is a file",
            "a_file/b.zarr": "cannot make a store at",
            ".": "it is a folder without zarr.json",
            "/": "it is a folder without zarr.json",
            f"{LONG}.zarr": "at most 255 bytes",
            "/proc/a.zarr": "cannot make a store at",
            "http://host/a.zarr": "http",
            "s3:/bucket/a.zarr": "",
        }.items()
    ),
    # Stores that are none, for every command that takes one.
    *(
        ((*command, place), 2, words)
        for command in (
            ("status",),
            ("figure",),
            ("check",),
            ("timeline",),
            ("plot", "--y", "mean(x)"),
            ("rerun",),
            ("verify-store",),
            ("compact",),
            ("compact", "--undo"),
        )
        for place, words in {
            "": "a store is the path of a folder or a URL",
            "a\0b": "a store is the path of a folder or a URL",
            "\udcff": "a store's path or URL is Unicode",
            "nowhere": "no store at nowhere",
            "a_file": "it is a file",
            "folder": "it is a folder without zarr.json",
            "a_file/b": "no store at a_file/b",
            LONG: "at most 255 bytes",
        }.items()
    ),
    (("check", "nowhere", "--workflow", ""), 2, "unknown workflow ''"),
    (("figure", "nowhere", "--workflow", "exits.py"), 2, "SystemExit: 0"),
    # Finding runs.
    (("query", "", ), 2, "a store is the path of a folder or a URL"),
    (("query", "nowhere"), 2, "nowhere"),
    (("query", "a_file"), 2, "a_file"),
    (("query", "a\0b"), 2, "a store is the path of a folder or a URL"),
    (("query", "folder", "--where", ""), 2, "--where is given as"),
    (("query", "folder", "--where", "width"), 2, "--where is given as"),
    (("query", "folder", "--where", "width=a:b"), 2, "width: allowed is a number, several (4,8), a text, or a range"),
    (("query", "folder", "--where", "width=nan"), 2, "width: allowed is a number, several (4,8), a text, or a range"),
    (("query", "folder", "--where", "width=:"), 2, "width: allowed is a number, several (4,8), a text, or a range"),
    (("query", "folder", "--seed", "1.5"), 2, "allowed is a whole number in digits"),
    # Tables and files.
    (("show", "nowhere"), 2, "no store at nowhere"),
    (("show", "folder"), 2, "it is a folder without zarr.json"),
    (("show", "nowhere", "--select", "width"), 2, "--select is given as NAME=VALUES"),
    (("show", "nowhere", "--select", "a=1", "--select", "a=2"), 2, "--select names a twice"),
    (("export", "nowhere"), 2, "Missing option"),
    (("export", "nowhere", "--to", ""), 2, "the end of a file's name says its format"),
    (("export", "nowhere", "--to", "a.csv"), 2, "no store at nowhere"),
    (("export", "nowhere", "--to", "a\0.csv"), 2, "the name of a file has no zero byte"),
    (("export", "nowhere", "--to", "a.doc"), 2, "one of .csv, .txt, .parquet, .xlsx, .nc"),
    (("export", "nowhere", "--to", f"{LONG}.csv"), 2, "cannot be written"),
    (("export", "nowhere", "--to", "folder/none/a.csv"), 2, "there is no folder folder/none"),
    (("export", "nowhere", "--to", "a_file/a.csv"), 2, "there is no folder a_file"),
    (("export", "nowhere", "--to", "s3://bucket/a.csv"), 2, "a folder of this machine"),
    (("query", "folder", "--where", "\udcff=1"), 2, "--where is given as"),
]  # fmt: skip


def files(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def place(here: Path, definition: Path) -> Path:  # noqa: ARG001 - makes the file
    for name, content in FILES.items():
        (here / name).write_bytes(content)
    for name in ("folder", "folder.py", "folder.yaml"):
        (here / name).mkdir()
    return here


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    ROWS,
    ids=[f"{n} " + ascii(" ".join(row[0])[-40:])[1:-1] for n, row in enumerate(ROWS)],
)
def test_one_readable_message(
    qtcore: Command, place: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    before = files(place)
    said = qtcore(*arguments)
    told = said.out + said.err
    assert said.code == code, told
    plain = " ".join(told.replace("│", " ").split())
    assert " ".join(words.split()) in plain
    assert told.strip()
    assert "This is a fault in qtcore" not in told
    own = any(word.endswith(".py") for word in arguments)  # a definition's own lines are shown
    assert own or "Traceback" not in told
    assert len(told) < 8000  # the list of all commands is the longest
    assert files(place) == before
