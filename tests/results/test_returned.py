"""What a stage returns is read from its text, so that a misfit is refused with the definition."""

import textwrap

import pytest

import qtcore as qt
from qtcore import estimate
from qtcore.results.declare import stages_of
from qtcore.workflow import from_source
from qtcore.workflow.returned import returned_by

DEFINITION = """
import qtcore as qt
from qtcore import estimate


def wire(point):
    return qt.Wire(qt.Square(point.width), qt.Box(1.0))


{measure}


{expect}


workflow = qt.Workflow(
    name="again", title="again", summary="again", wire=wire, measure=measure, expect=expect,
    quantities=(qt.Quantity("g"{of_g}), qt.Quantity("R", source="nobody")),
    presets={{"quick": qt.Preset(width=(2, 3), energy=0.5, lengths=(5,), realizations=10)}},
)
"""  # fmt: skip

MEASURE = "def measure(at):\n    return {'g': 1.0, 'R': 2.0}"
EXPECT = "def expect(at):\n    return {'R': 2.0}"


def made(measure: str = MEASURE, expect: str = EXPECT, of_g: str = "") -> qt.Workflow:
    text = DEFINITION.format(
        measure=textwrap.dedent(measure), expect=textwrap.dedent(expect), of_g=of_g
    )
    return from_source(text, "again.py")


THEORIES = {
    "a dict that is returned": "def expect(at):\n    return {'R': 2.0, 'g': at.width}",
    "in one of two branches": """
        def expect(at):
            if at.width > 2:
                return {"g": qt.Expected(1.0)}
            return None
        """,
    "a dict with a name": """
        def expect(at):
            found = {"R": 1.0}
            found["g"] = 2.0
            return found
        """,
    "a lambda": "expect = lambda at: {'g': 1.0}",
    "the second of two": """
        def other(at):
            return {"R": 1.0}

        @qt.together(...)
        def theory(at):
            return {"g": 1.0}

        expect = (other, theory)
        """,
}


@pytest.mark.parametrize("name", THEORIES)
def test_a_theory_without_a_source_is_refused_with_the_definition(name: str) -> None:
    words = r"says what g should be, but nobody can tell from where: declare qt.Quantity\('g', s"
    with pytest.raises(qt.QtcoreError, match=words):
        made(expect=THEORIES[name])
    assert made(expect=THEORIES[name], of_g=", source='somebody'").name == "again"


NO_THEORIES = {
    "nothing is said of it": "def expect(at):\n    return {'R': 2.0, 'g': None}",
    "it is asked for": "def expect(at):\n    return {'R': at['g']}",
    "another function": """
        def expect(at):
            def inside():
                return {"g": 1.0}

            kept = {"g": inside()}
            return {"R": kept["g"]["g"]}
        """,
}


@pytest.mark.parametrize("name", NO_THEORIES)
def test_what_is_no_theory_needs_no_source(name: str) -> None:
    assert made(expect=NO_THEORIES[name]).name == "again"


def test_a_dimension_that_a_stage_sees_one_value_of_is_refused_with_the_definition() -> None:
    words = r"g has the dimension width, but measure sees one width at a time: mark the stage"
    with pytest.raises(qt.QtcoreError, match=words):
        made(of_g=", ('width',)")
    held = f"@qt.together('width')\n{MEASURE}"
    assert made(measure=held, of_g=", ('width',)").name == "again"


def test_functions_whose_text_says_nothing_are_met_when_they_return() -> None:
    texts: dict[str, object] = {}
    exec("def measure(at):\n    return {'g': 1.0}", texts)
    for given in (texts["measure"], estimate.mean, dict, len):
        (stage,) = stages_of(given, "measure")
        assert returned_by(stage) == set()
