"""The tables of faults and of attacks name tests that exist, one for each row."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FAULTS = ROOT / "docs" / "how-to" / "faults.md"
ATTACKS = ROOT / "docs" / "strangers.md"
HEADS = ("what happens", "what the store tries")


def rows(page: Path) -> list[list[str]]:
    """Cells of every row that describes a fault or an attack."""
    lines = [line for line in page.read_text(encoding="utf-8").splitlines() if line[:2] == "| "]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [row for row in cells if row[0] not in HEADS]


@pytest.mark.parametrize(("page", "columns", "least"), [(FAULTS, 5, 30), (ATTACKS, 3, 10)])
def test_every_row_is_proved_by_a_test_that_exists(page: Path, columns: int, least: int) -> None:
    table = rows(page)
    assert len(table) > least
    for row in table:
        assert len(row) == columns, row
        assert all(row), f"an empty cell: {row}"
        named = re.fullmatch(r"`(tests/[\w/]+\.py)::(test_\w+)`", row[-1])
        assert named, row[-1]
        source = (ROOT / named[1]).read_text(encoding="utf-8")
        functions = [
            node.name for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)
        ]
        assert named[2] in functions, f"{named[1]} has no {named[2]}"


def test_no_fault_has_two_rows() -> None:
    section, found = "", []
    for line in FAULTS.read_text(encoding="utf-8").splitlines():
        section = line if line.startswith("## ") else section
        if line.startswith("| "):
            found.append((section, line.split(" | ")[0]))
    faults = [entry for entry in found if entry[1] != "| what happens"]
    assert len(faults) == len(set(faults))
