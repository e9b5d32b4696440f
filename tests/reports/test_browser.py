"""The page of `qtcore report` in a real browser without a network."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import qtcore as qt


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1200, "light"), (390, "dark")])
def test_a_page_opens_without_a_network(
    mine: Callable[..., Path], browser: Any, width: int, scheme: str
) -> None:
    page = qt.report(mine())
    problems: list[str] = []
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, offline=True
    )
    opened = context.new_page()
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda said: problems.append(said.text))
    opened.on("dialog", lambda dialog: problems.append(dialog.message))
    opened.on(
        "request",
        lambda asked: problems.append(asked.url) if asked.url.startswith("http") else None,
    )
    opened.goto(page.as_uri())
    images = "[...document.images].every(one => one.complete && one.naturalWidth > 100)"
    assert opened.evaluate(images)
    assert opened.evaluate("document.scrollingElement.scrollWidth") <= width
    ink, paper = (
        opened.evaluate(f"getComputedStyle(document.body).{name}")
        for name in ("color", "backgroundColor")
    )
    light = [sum(map(int, one.strip("rgb()").split(","))) for one in (ink, paper)]
    assert (light[0] < light[1]) == (scheme == "light")
    assert opened.locator("section").count() == 9
    opened.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    assert not problems
    assert opened.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    context.close()
