"""Programs: what is cut out of a definition, and what of it counts."""

import ast
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qtcore as qt
from qtcore.store.header import read_header
from qtcore.sweep.cut import cut_out
from qtcore.sweep.extension import stored_sweep
from qtcore.sweep.fill_store import fill_store
from qtcore.sweep.normal_form import normal_form
from qtcore.sweep.observables import OBSERVABLES, placed
from qtcore.sweep.program import ProgramError, load_program, program, program_differences
from qtcore.sweep.trusted import vouch


@pytest.fixture(autouse=True)
def own_texts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the texts of these tests run: no store holds them."""
    monkeypatch.setattr("qtcore.sweep.program.refuse_untrusted", lambda _: None)


TEXT = '''
"""A definition."""
from __future__ import annotations
import numpy as np
import scipy.linalg
from dataclasses import dataclass, field
A, B = 1, 2  # two
TABLE = {}
TABLE["x"] = A
TABLE.update(y=B)
UNUSED = 3
@dataclass(frozen=True)
class Shape:
    """Its annotations are fields."""
    x: float = B
if B > 1:
    FACTOR = 5
else:
    FACTOR = 6
def helper(p: Missing) -> Missing:
    """Text."""
    return Shape(p)
def wire(point):
    UNUSED = 1
    return helper(TABLE["x"] * FACTOR + UNUSED)
def draw(result):
    return np.zeros(UNUSED)
'''


def test_program_holds_what_the_function_uses_and_nothing_else() -> None:
    cut = cut_out(TEXT, ["wire"])
    for there in (
        "A, B = ",
        "TABLE['x'] = A",
        "TABLE.update",
        "class Shape",
        "FACTOR = 6",
        "helper",
    ):
        assert there in cut, there
    for absent in ("numpy", "scipy", "UNUSED = 3", "draw", "Text.", "two", "Missing", "field"):
        assert absent not in cut, absent
    assert load_program(cut)["wire"](None).x == 6


def test_what_is_defined_again_counts_once() -> None:
    again = "def wire(point):\n    return OLD\nOLD = 1\ndef wire(point):\n    return 2\n"
    assert cut_out(again, ["wire"]) == "def wire(point):\n    return 2"


def test_what_is_not_there_is_refused() -> None:
    with pytest.raises(qt.InputError, match="solve is not defined"):
        cut_out(TEXT, ["solve"])


def test_a_function_without_a_name_is_told_with_its_place() -> None:
    nameless = lambda _: None  # noqa: E731  (a definition may do so)
    line = nameless.__code__.co_firstlineno
    with pytest.raises(qt.InputError, match=rf"got a lambda \(.*test_program\.py, line {line}\)"):
        program({"wire": nameless})


def test_program_that_raises_shows_its_own_line() -> None:
    with pytest.raises(ProgramError, match="ZeroDivisionError: division by zero") as caught:
        load_program("x = 1\ny = x / 0\n")
    assert "y = x / 0" in str(caught.value)


def test_differences_are_told_by_name() -> None:
    other = TEXT.replace("TABLE.update(y=B)", "TABLE.update(y=7)").replace(
        "FACTOR = 6", "OTHER = 6"
    )
    lines = program_differences(cut_out(TEXT, ["wire"]), cut_out(other, ["wire"]))
    assert "TABLE was changed" in lines
    assert "FACTOR was changed" in lines
    assert not any("helper" in line for line in lines)


def test_lengths_outside_the_window_and_closed_channels_stay_not_computed() -> None:
    found = np.arange(12.0).reshape(2, 3, 2)
    full = placed(OBSERVABLES["ln_T"], found, {"length": 5, "channel": 4}, (1, 4))
    assert full.shape == (2, 5, 4)
    np.testing.assert_array_equal(full[:, 1:4, :2], found)
    assert np.isfinite(full).sum() == found.size
    suspect = placed(OBSERVABLES["suspect"], np.ones((2, 1), dtype=bool), {"length": 3}, (2, 3))
    assert suspect.dtype == np.int8
    assert suspect.tolist() == [[-1, -1, 1]] * 2


# What `ast.unparse` of Python 3.11 writes: the newer ones repeat the quotes inside the fields,
# which 3.11 cannot read. Every Python must write this text, so one is enough to try it.
WRITTEN_BY_3_11 = '''
a = f"{x['k']} and {y!r:>{w}} z={z!r} {{literal}} \\n {'ab'}"
b = f"{'nested ' + f'{inner}'}"
c = f"""{f"{'a'}" + "it's"}"""
d = f'{x!r}{x:=5}' + f"{x:{'>'}10}"
e = f"{(lambda x: 'l')} {('a' if b else 'c')} { {1: 's'}[1]} {(n := 'w')}"
f = [f"{'tab'}\\t{0}", f"{'a'}{1}", f"{','.join((f'{s}' for s in a))}"]
with open('a') as f, open('b') as g:
    h = f"""{f}: "both" 'quotes'"""
match p:
    case {'a': 1, **rest} if rest:
        i = f"{rest['b']:.3f}"
'''.strip()


def test_text_does_not_depend_on_the_python_that_writes_it() -> None:
    assert normal_form(ast.parse(WRITTEN_BY_3_11)) == WRITTEN_BY_3_11
    same = ast.parse(normal_form(ast.parse(WRITTEN_BY_3_11)))
    assert ast.dump(same) == ast.dump(ast.parse(WRITTEN_BY_3_11))


@pytest.mark.skipif(sys.version_info < (3, 12), reason="Python 3.11 has no such f-strings")
def test_f_strings_that_need_a_newer_python_stay_what_they_are() -> None:
    tree = ast.parse("""x = f"{'\\\\'.join('ab')}!" + f"{'#'}" """)
    text = normal_form(tree)
    assert ast.dump(ast.parse(text)) == ast.dump(tree)


def test_a_store_whose_program_is_written_differently_is_continued_word_for_word(
    tmp_path: Path, make_sweep: Callable[..., qt.Sweep], threads: Callable[[], Any]
) -> None:
    store = tmp_path / "a.zarr"
    asked = make_sweep()
    other = asked.program.replace("lattice = ", "lattice = (").replace(
        "periodic)\n", "periodic))\n"
    )
    assert other != asked.program
    written = asked.changed(program=other)
    vouch(other)
    assert fill_store(written, store, threads).blocks_left == 0
    again = fill_store(asked, store, threads)
    assert (again.blocks_done, again.blocks_left) == (0, 0)
    assert stored_sweep(read_header(store)) == written
    more = fill_store(make_sweep(realizations=40), store, threads)
    assert more.blocks_done > 0
    assert stored_sweep(read_header(store)).program == other


def test_text_that_this_python_cannot_read_is_said() -> None:
    (words,) = program_differences("def wire(point: return", "def wire(point):\n    return 1")
    assert "cannot read those of the store (" in words


ORDER = "the order of the statements at the top level was changed"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "@TABLE.setdefault\ndef one():\n    return 1",
            "@TABLE.setdefault\ndef two():\n    return 2",
        ),
        ("A = TABLE.popitem()", "B = TABLE.popitem()"),
        ("def one(x=TABLE.popitem()):\n    return x", "TABLE['y'] = 3"),
        ("class One:\n    x = TABLE.popitem()", "TABLE['y'] = 3"),
        ("A = 1\nB = A + TABLE\nA = 2", "A = 1\nA = 2\nB = A + TABLE"),
    ],
)
def test_the_order_of_what_runs_counts(one: str, other: str) -> None:
    texts = [one, other] if "\nB = " in one else [f"{one}\n{other}", f"{other}\n{one}"]
    before, after = (f"TABLE = {{}}\n{text}\n" for text in texts)
    assert program_differences(before, after) == [ORDER]
    assert program_differences(before, before) == []


def test_the_order_of_plain_functions_does_not_count() -> None:
    parts = [
        "import numpy as np",
        "A = 1",
        "B: int = -2",
        "def one(x=1, *, y=None):\n    return A + x",
        "def two():\n    return one() + B",
        "class Shape:\n    side = 3\n\n    def area(self):\n        return self.side ** 2",
    ]
    assert program_differences("\n".join(parts), "\n".join(reversed(parts))) == []
