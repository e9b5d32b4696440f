"""The page of the explorer: one HTML text that needs no network."""

import json
from functools import lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

ASSETS = files("qtcore.explorer") / "assets"

PROGRAM = (
    *("settings.js", "source.js", "curves.js", "words.js", "page.js"),
    *("drawing.js", "point.js", "table.js", "begin.js"),
)
"""Parts of the program of the page, in their order: one text, whose parts know each other."""


def page(data: dict[str, Any]) -> str:
    """Return the page with what its program begins with.

    Parameters
    ----------
    data : dict
        `mode` "live" with a `token`, or "file" with all numbers (`qtcore.explorer.offline`).
    """
    parts = {
        "bokeh": _bokeh(),
        "style": _asset("client.css"),
        "client": "\n".join(map(_asset, PROGRAM)),
    }
    text = _asset("page.html")
    # Not one `%`: styles and programs hold signs of their own.
    for name, content in {**parts, "data": _script(data)}.items():
        text = text.replace(f"%({name})s", content, 1)
    return text


def _script(data: dict[str, Any]) -> str:
    """Return data as a program may hold them: no text in them ends the program."""
    text = json.dumps(data, allow_nan=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _bokeh() -> str:
    """Return BokehJS with its functions for plots, from the installed package."""
    from bokeh.util.paths import bokehjs_path

    folder = Path(bokehjs_path()) / "js"
    names = ("bokeh.min.js", "bokeh-api.min.js")
    return "\n".join((folder / name).read_text(encoding="utf-8") for name in names)
