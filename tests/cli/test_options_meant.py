"""What is typed by somebody who means something else: the message says how that is typed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import qtcore as qt
from qtcore import session
from qtcore.figures.lettered import lettered_panels

Command = Callable[..., Any]
RUN = ("run", "trial", "--cluster", "threads", "--store", "a.zarr", "--dry-run")


@pytest.mark.usefixtures("definition")
@pytest.mark.parametrize(
    ("given", "said"),
    [
        (
            "realizations=10",
            "it is an option of its own, --realizations, and in Python realizations=",
        ),
        ("seed=3", "it is an option of its own, --seed,"),
        ("length=100", "unknown parameter 'length', did you mean lengths; allowed are disorder,"),
        ("energ=0.5", "did you mean energy"),
        ("realisations=10", "did you mean the option --realizations"),
        ("energy=0:2:0.5", "the third part counts the values, from 2 to"),
        ("energy=0..2", "energy=-1.8:1.8:25 stands for 25 evenly spaced ones"),
        ("width=4.5", "width=10:50:5 stands for 5 evenly spaced ones"),
        ("width=1:4", "a range has three parts"),
    ],
)
def test_settings(qtcore: Command, given: str, said: str) -> None:
    found = qtcore(*RUN, "--set", given)
    assert found.code == 2
    assert said in found.err


@pytest.mark.usefixtures("definition")
def test_what_is_no_range_and_no_option_is_refused_as_before(qtcore: Command) -> None:
    assert "energy takes numbers, got 'a'" in qtcore(*RUN, "--set", "energy=a").err
    assert "did you mean" not in qtcore(*RUN, "--set", "colour=1").err


@pytest.mark.usefixtures("definition")
def test_a_goal_without_a_percent_sign_is_told_as_absolute(qtcore: Command) -> None:
    said = qtcore(*RUN, "--precision", "2")
    assert said.code == 0
    words = " ".join(said.out.split())
    assert "This is an absolute error (value ± 2); for a percentage write --precision 2%" in words
    assert "absolute" not in qtcore(*RUN, "--precision", "2%").out


SHAPE = (10**6, 10**9)
"""The same error at any size of memory: 7 petabytes."""


@pytest.mark.parametrize("where", ["of the definition", "of the plan"])
def test_too_little_memory_names_what_is_large(
    qtcore: Command, definition: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    """It spoke of realizations, points and lengths, where the width was too large."""
    if where == "of the definition":
        text = definition.read_text(encoding="utf-8").replace(
            "return (4, 8), None", f"np.zeros({SHAPE})"
        )
        definition.write_text(f"import numpy as np\n{text}", encoding="utf-8")
    else:
        monkeypatch.setattr(session, "plan_request", lambda _: np.zeros(SHAPE))
    said = qtcore(*RUN, "--set", "width=2,100000", "--realizations", "30")
    assert said.code == 2
    assert "not enough memory for what was asked" in said.err
    assert "Unable to allocate" in said.err
    assert "Asked for: width up to 100,000, 30 realizations." in said.err
    assert "Traceback" not in said.err


@pytest.mark.usefixtures("here")
def test_too_little_memory_in_a_definition_is_no_fault_of_it(
    qtcore: Command, definition: Any
) -> None:
    """The lengths of `localization` at a width of 100,000 ended in a traceback."""
    text = definition.read_text(encoding="utf-8")
    definition.write_text(text.replace("return (4, 8), None", "raise MemoryError('149 GiB')"))
    said = qtcore(*RUN)
    assert said.code == 2
    assert "149 GiB" in said.err
    assert "Traceback" not in said.err


@pytest.mark.parametrize(
    ("wire", "energy", "counted", "field"),
    [
        (qt.Wire(qt.Honeycomb(3, "armchair"), qt.Box(1.0)), 5.0, "6 components", False),
        (qt.Wire(qt.Honeycomb(3, "armchair"), qt.Box(1.0), flux=0.1), 5.0, "6 components", True),
        (qt.Wire(qt.Square(5), qt.Box(1.0)), 9.0, "5 components", False),
        (qt.Wire(qt.Square(5), qt.Box(1.0), terms=[qt.Rashba(0.1)]), 9.0, "10 components", None),
    ],
)
def test_no_channel_says_what_is_counted_and_speaks_of_a_field_where_there_is_one(
    wire: qt.Wire, energy: float, counted: str, field: bool | None
) -> None:
    """`Honeycomb(3)` was told of leads of width 6, and of Landau levels without a field."""
    with pytest.raises(qt.InputError, match=rf"no open channel.*{counted} in a slice") as told:
        qt.ln_conductance(wire, energy, [4], range(2), seed=1)
    if field is not None:
        assert ("field_in_leads" in str(told.value)) == field
        assert ("Landau" in str(told.value)) == field


@pytest.mark.parametrize("given", [{"width": 3}, {"set": {"width": (3,)}}])
@pytest.mark.parametrize("function", [qt.run, qt.plan])
def test_an_axis_as_a_parameter_in_python(
    definition: Any, function: Callable[..., Any], given: dict[str, Any]
) -> None:
    """Python's TypeError says only that there is no such parameter."""
    with pytest.raises(
        qt.InputError, match=r"has no parameter .* go into settings, such as settings="
    ):
        function(definition, cluster="threads", **given)
    assert function(definition, cluster="threads", settings={"width": 3}) is not None


def test_an_axis_may_be_one_number_in_settings(definition: Any) -> None:
    planned = qt.plan(definition, cluster="threads", settings={"width": 3, "energy": 0.5})
    assert planned.sweep.points == 1


def test_an_analysis_of_another_workflow_that_fails_says_so_first(
    qtcore: Command, definition: Any
) -> None:
    assert qtcore(*RUN[:-1]).code == 0
    other = definition.with_name("other.py")
    text = definition.read_text(encoding="utf-8").replace(
        '"trial", "A trial"', '"other", "Another"'
    )
    other.write_text(
        text.replace("dataset.ln_g.mean()", "dataset.height_b.mean()"), encoding="utf-8"
    )
    for command in ("check", "figure"):
        said = qtcore(command, "a.zarr", "--workflow", other)
        assert said.code == 4
        first = said.err.splitlines()[0]
        assert first.startswith(
            "a.zarr was made by the workflow 'trial', and 'other' analyses it here"
        )
        assert "height_b" in said.err
    failing = definition.read_text(encoding="utf-8").replace("ln_g.mean", "no.mean")
    definition.write_text(failing, encoding="utf-8")
    assert "was made by the workflow" not in qtcore("check", "a.zarr", "--workflow", definition).err


@pytest.mark.parametrize(("rows", "height"), [(1, 2.8), (2, 5.6), (3, 8.4)])
def test_panels_are_as_high_whatever_the_number_of_rows(rows: int, height: float) -> None:
    """One row of two panels was as high as two rows."""
    with lettered_panels(rows, 2) as (figure, _):
        assert figure.get_size_inches()[1] == pytest.approx(height)
    with lettered_panels(1, 2, height=3.0) as (figure, _):
        assert figure.get_size_inches()[1] == pytest.approx(3.0)
