"""The table of faults in docs/how-to/faults.md names tests that exist, one for each row."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "how-to" / "faults.md"
COLUMNS = 5


def rows() -> list[list[str]]:
    """Cells of every row that describes a fault."""
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:2] == "| "]
    cells = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    return [row for row in cells if row[0] != "what happens"]


def test_every_row_is_proved_by_a_test_that_exists() -> None:
    table = rows()
    assert len(table) > 30
    for row in table:
        assert len(row) == COLUMNS, row
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
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        section = line if line.startswith("## ") else section
        if line.startswith("| "):
            found.append((section, line.split(" | ")[0]))
    faults = [entry for entry in found if entry[1] != "| what happens"]
    assert len(faults) == len(set(faults))
