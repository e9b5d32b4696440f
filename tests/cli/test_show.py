"""Long tables on a terminal: what matters comes first, and what is left out is counted."""

import io

import pytest
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from qtcore.cli import show, standing, whole
from qtcore.cli.checks import show_checks
from qtcore.results.check import Check
from qtcore.results.check_words import checks_as_json
from qtcore.sweep.status import PointStatus, Status


def printed(points: tuple[PointStatus, ...], monkeypatch: pytest.MonkeyPatch) -> str:
    console = Console(width=100, record=True, file=io.StringIO())
    monkeypatch.setattr(show, "out", console)
    done = sum(point.finished for point in points)
    blocks = sum(point.wanted for point in points)
    standing.status(
        Status("a.zarr", "w", "p", 1, 2, blocks, done, False, 1.0, "", "", points, "", ())
    )
    return console.export_text()


def test_of_many_points_the_unfinished_come_first_and_those_left_out_do_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    finished = [PointStatus({"x": float(n)}, 2, 2) for n in range(100)]
    missing = [PointStatus({"x": 1000.0 + n}, 1, 2) for n in range(3)]
    absent = [PointStatus({"x": 5000.0}, 0, 0)]
    said = printed((*finished, *absent, *missing), monkeypatch)
    rows = [line.split() for line in said.splitlines() if len(line.split()) == 3]
    assert rows[1:4] == [["1000", "1", "2"], ["1001", "1", "2"], ["1002", "1", "2"]]
    assert len(rows) == 1 + standing.ROWS
    assert f"and {103 - standing.ROWS} more points, 100 of all 103 are finished" in said
    assert "5000" not in said


def test_few_points_keep_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    points = tuple(PointStatus({"x": float(n)}, n % 3, 2) for n in range(standing.ROWS))
    rows = [line.split() for line in printed(points, monkeypatch).splitlines()]
    table = [row for row in rows if len(row) == 3]
    assert [row[0] for row in table[1:]] == [str(n) for n in range(standing.ROWS)]
    assert "more points" not in printed(points, monkeypatch)


TEXT = """'''A definition with what Rich would change: [bold]markup[/bold] and :warning:.'''
if True:
\ttable = {"a":1, "ξ":2}  # a tab, and ends of lines that are longer than a terminal"""
"""Without an end of its last line."""


@pytest.mark.parametrize("end", ["", "\n", "\n\n", " " + "x" * 300 + "\n"])
def test_a_text_is_printed_byte_for_byte(end: str, capsys: pytest.CaptureFixture[str]) -> None:
    show.text(TEXT + end)
    assert capsys.readouterr().out.encode() == (TEXT + end).encode()


def test_equal_reasons_of_many_checks_are_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(show, "out", Console(width=200, record=True, file=io.StringIO()))
    nan = float("nan")
    lost = [Check(f"x, width {n}", nan, 0.0, nan, reason="too few") for n in range(15)]
    show_checks([*lost, Check("y", nan, 0.0, nan, reason="too short")])
    said = " ".join(capsys.readouterr().err.split())
    assert said.count("there is no result") == 2
    assert "x, width 7 and 7 more: there is no result, because too few." in said
    assert "16 of 16 checks could not be made, which counts as failed." in said
    assert "checks failed" not in said


def test_a_failed_check_is_told_with_its_point_and_numbers(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    console = Console(width=200, record=True, file=io.StringIO())
    monkeypatch.setattr(show, "out", console)
    nan = float("nan")
    off = [Check(f"ξ, width {n}", 12.0, 0.5, 8.0, 1.0, unit="sites") for n in range(10)]
    lost = Check("ξ, width 99", nan, 0.0, nan, reason="too few")
    show_checks([*off, lost, Check("y", 1.0, 0.1, 1.0)])
    said = " ".join(capsys.readouterr().err.split())
    told = "ξ, width 0 (12 ± 0.5 sites for 8 ± 1 sites, +8.0 σ, 160%); ξ, width 1 ("
    assert f"10 of 12 checks failed: {told}" in said
    assert "and 2 more. A check passes" in said
    assert "1 of 12 checks could not be made" in said
    rows = [line.split() for line in console.export_text().splitlines() if "width" in line]
    assert [row[0] for row in rows] == [*["✗"] * 10, "–"]
    assert rows[-1][-2:] == ["not", "made"]


def test_the_table_says_what_a_band_and_a_percentage_are(monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(width=200, record=True, file=io.StringIO())
    monkeypatch.setattr(show, "out", console)
    show_checks([Check("x", 100.4, 0.95, 101.4, 8.1)])
    said = " ".join(console.export_text().split())
    assert "theory ± band" in said
    assert "-1.1 σ, 9%" in said
    assert abs(100.4 - 101.4) / (8.1 + 3 * 0.95) == pytest.approx(0.09, abs=0.005)
    assert "± behind theory is the band of what it leaves out" in said
    assert "± behind a result is its own standard error" in said
    assert "in standard errors (σ) of the result;" in said
    assert "the part that it uses of what is allowed, and a check fails above 100 %" in said


def test_the_own_error_of_a_result_and_that_of_the_difference_are_told_apart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A theory that takes l from the same samples: the difference is known better than the result."""
    console = Console(width=200, record=True, file=io.StringIO())
    monkeypatch.setattr(show, "out", console)
    check = Check("⟨g⟩", 7.605, 0.0079, 7.610, 0.01, difference_error=0.0029)
    show_checks([check])
    said = " ".join(console.export_text().split())
    assert "7.605 ± 0.0079" in said
    assert "-1.7 σ, 27%" in said  # 0.005 / 0.0029, and 0.005 of 0.01 + 3 × 0.0029
    assert "(σ) of the difference to theory, which may take numbers of the same samples;" in said
    (written,) = checks_as_json([check])
    assert (written["error"], written["difference_error"]) == (0.0079, 0.0029)
    assert written["deviation"] == pytest.approx(-0.005 / 0.0029)


def test_an_interval_stands_behind_its_result(monkeypatch: pytest.MonkeyPatch) -> None:
    console = Console(width=200, record=True, file=io.StringIO())
    monkeypatch.setattr(show, "out", console)
    show_checks([Check("ν", 1.552, 0.083, 1.571, 0.24, lower=1.402, upper=1.733)])
    said = " ".join(console.export_text().split())
    assert "1.552 ± 0.083 [1.402 to 1.733]" in said
    assert "Brackets behind a result hold its 95 % interval" in said
    show_checks([Check("ν", 1.552, 0.083, 1.571, lower=-float("inf"), upper=1.733)])
    assert "[open to 1.733]" in console.export_text()
    show_checks([Check("ν", 1.552, 0.083, 1.571)])
    assert "[" not in console.export_text()


def test_a_table_in_a_pipe_has_the_lines_of_rich() -> None:
    """A hundred thousand rows took Rich most of the time of `qtcore show`."""
    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    for title in ("width", "⟨ln g⟩ \\[t]", "kind"):
        table.add_column(title, justify="left" if title == "kind" else "right", no_wrap=True)
    table.add_row("8", "-12.3 ± 0.4", "a\\[b]")
    table.add_row("16", "–", "漢字")
    console = Console(file=io.StringIO(), width=200)
    console.print(table)
    assert [line.rstrip() for line in whole._lines(table)] == [
        line.rstrip()
        for line in console.file.getvalue().splitlines()  # type: ignore[attr-defined]
    ]
