"""Defaults of a swept function, read from the text in its store."""

import pytest

from qtcore.workflow.swept_defaults import defaults_in

TEXT = """
import qtcore as qt
W = 2.0
def strip({parameters}):
    return qt.Wire(qt.Square(width), qt.Box(1.0))
def at_point(point):
    return strip(width=point.width)
import qtcore as qt_
workflow = qt_.Workflow(
    name='sweep of strip',
    wire=at_point,
)
"""


@pytest.mark.parametrize(
    ("parameters", "defaults"),
    [
        ("width", {}),
        ("width=3", {}),
        ("width, w=W, *, kind='a', flux=-0.5", {"w": "2.0", "kind": "'a'", "flux": "-0.5"}),
        ("width, pair=(1, 2), unknown=qt.Box", {"pair": "(1, 2)", "unknown": "qt.Box"}),
    ],
)
def test_defaults_that_are_not_swept(parameters: str, defaults: dict[str, str]) -> None:
    assert defaults_in(TEXT.replace("{parameters}", parameters)) == defaults


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "name='sweep of strip'",
        "name='sweep of strip' +",
        TEXT.replace("wire=at_point", "wire=other"),
        TEXT.replace("return strip(", "return [strip]("),
        "name='sweep of x'" + "-" * 200_000 + "1",
    ],
)
def test_texts_that_no_sweep_has_made_have_none(text: object) -> None:
    assert defaults_in(text) == {}
