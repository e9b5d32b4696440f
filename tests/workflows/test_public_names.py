"""What the shipped definitions compute stands in them, or is a public name: it is in their hash."""

import ast
import sys
from pathlib import Path

import pytest

import qtcore as qt
from qtcore.sweep.cut import cut_out
from qtcore.workflow import load

WORKFLOWS = sorted((Path(__file__).parents[2] / "workflows").glob("*.py"))

ALLOWED = {"numpy", "scipy", *sys.stdlib_module_names} - {"os", "sys", "importlib", "subprocess"}


def public(dotted: str) -> bool:
    """Whether `qt.a` or `qt.observe.a` is a public name."""
    _, first, *more = dotted.split(".")
    if first == "observe" and more:
        return more[0] in qt.observe.__all__
    return first in qt.__all__


def what_is_not_public(program: str) -> list[str]:
    """Return the names of a program that are neither NumPy's, SciPy's nor public ones of qtcore."""
    found, qtcore_is = [], set()
    tree = ast.parse(program)
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name == "qtcore":
                    qtcore_is.add(alias.asname or alias.name)
                elif alias.name.partition(".")[0] not in ALLOWED:
                    found.append(alias.name)
        elif isinstance(node, ast.ImportFrom):
            names = [f"{node.module}.{alias.name}" for alias in node.names]
            if (node.module or "").partition(".")[0] in ALLOWED:
                continue
            found += [name for name in names if node.module != "qtcore" or not public(name)]
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            dotted = ast.unparse(node)
            root = dotted.partition(".")[0]
            if "(" in dotted:  # an attribute of what a call returns; its function stands inside
                continue
            if root in qtcore_is and not public(dotted):
                found.append(dotted)
    return found


@pytest.mark.parametrize("path", WORKFLOWS, ids=[path.stem for path in WORKFLOWS])
def test_numbers_come_from_the_definition_and_public_names(path: Path) -> None:
    workflow = load(path)
    functions = [
        function
        for function in (
            workflow.wire,
            workflow.solve,
            workflow.cost,
            workflow.lengths,
            workflow.realizations,
        )
        if function is not None
    ]
    text = path.read_text(encoding="utf-8")
    assert all(function.__code__.co_filename == str(path) for function in functions)
    program = cut_out(text, [function.__name__ for function in functions])
    assert what_is_not_public(program) == []


def test_what_is_not_public_is_found() -> None:
    text = (
        "import os\nimport qtcore as qt\nfrom qtcore.theory.rectangle import KNOWN\n"
        "from qtcore import observe, scattering, api\nx = qt.solve.choice.choose\n"
        "y = qt.observe.caroli, qt.observe.probes.ALL, qt.Wire, qt.Square(3)\n"
    )
    assert {*what_is_not_public(text)} == {
        "os",
        "qtcore.theory.rectangle.KNOWN",
        "qtcore.api",
        "qt.solve",
        "qt.solve.choice",
        "qt.solve.choice.choose",
        "qt.observe.probes",
        "qt.observe.probes.ALL",
    }


@pytest.mark.parametrize("path", WORKFLOWS, ids=[path.stem for path in WORKFLOWS])
def test_a_definition_stays_readable(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) < 250


def test_twice_the_disorder_is_another_sweep() -> None:
    path = next(path for path in WORKFLOWS if path.stem == "weak_localization")
    text = path.read_text(encoding="utf-8")
    doubled = text.replace("qt.Box(point.disorder)", "qt.Box(2 * point.disorder)")
    assert doubled != text
    assert cut_out(doubled, ["solve"]) != cut_out(text, ["solve"])
