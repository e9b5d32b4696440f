"""How objects show themselves: a short text with units, and in a notebook a table with a picture.

Whatever is shown says what is in it (`Shown._card`); the pictures are made by a package far above, which
`qtcore` itself names here, so that nothing below imports it.
"""

import math
import unicodedata
from collections.abc import Callable
from dataclasses import MISSING, dataclass, fields, is_dataclass
from html import escape
from typing import Any, NamedTuple

_WIDEST = 120
"""Characters of a line."""

_SEVERAL = 4
"""So many members of a sequence are written out."""


UNSEEN = ("Cc", "Cf", "Zl", "Zp")
"""Categories of Unicode whose characters steer a terminal, or let a text read as another one."""


def without_control(text: str) -> str:
    """Return a text whose control and invisible characters are written out, but for new lines and tabs.

    Invisible are those that turn the direction of writing, or that have no width.
    """
    return "".join(
        c if c in "\n\t" or unicodedata.category(c) not in UNSEEN else ascii(c)[1:-1] for c in text
    )


def without_nan(value: Any) -> Any:
    """Return a value for JSON, which knows no NaN and no infinity: they become None."""
    if isinstance(value, dict):
        return {key: without_nan(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


class Card(NamedTuple):
    """What an object shows of itself.

    Attributes
    ----------
    headline : str
        One line.
    rows : sequence of (str, str)
        Names, and what is to be said, with units. Empty texts are left out.
    """

    headline: str
    rows: list[tuple[str, str]]

    @property
    def said(self) -> list[tuple[str, str]]:
        """The rows that say something."""
        return [(name, text) for name, text in self.rows if text]

    def text(self) -> str:
        """Return the card as a few lines."""
        wide = max((len(name) for name, _ in self.said), default=0)
        lines = [self.headline, *(f"  {name:<{wide}}  {text}" for name, text in self.said)]
        return "\n".join(cut(line) for line in lines)

    def html(self, picture: str = "") -> str:
        """Return the card as a table, with a picture under it (HTML)."""
        rows = "".join(
            f'<tr><th style="text-align:left">{escape(name)}</th>'
            f'<td style="text-align:left">{escape(text)}</td></tr>'
            for name, text in self.said
        )
        return f"<div><b>{escape(cut(self.headline))}</b><table>{rows}</table>{picture}</div>"


class Shown:
    """An object that shows itself by its card."""

    def _card(self) -> Card:
        """Return what is shown of it."""
        raise NotImplementedError

    def __repr__(self) -> str:
        return self._card().text()

    def __str__(self) -> str:
        return self._card().text()

    def _repr_html_(self) -> str:
        return self._card().html(picture_of(self))


class ShownFields(Shown):
    """A dataclass of results: its texts and numbers, and of arrays their shape and range."""

    def _card(self) -> Card:
        """Return what is shown of it."""
        shown = [field.name for field in fields(self) if field.repr]  # type: ignore[arg-type]
        rows = [(name, in_few_words(getattr(self, name))) for name in shown]
        return Card(type(self).__name__, rows)


class Described:
    """A dataclass whose text is what one types to make it, without defaults and without addresses."""

    def __repr__(self) -> str:
        return described(self)


def described(value: Any) -> str:
    """Return a dataclass as one types it, without what it has by default."""
    parts = [
        f"{field.name}={plain(getattr(value, field.name))}"
        for field in fields(value)
        if field.init and field.repr and not _is_default(field, getattr(value, field.name))
    ]
    return f"{type(value).__name__}({', '.join(parts)})"


def plain(value: Any) -> str:
    """Return a value in few words: no pages of numbers, no addresses."""
    if is_dataclass(value) and type(value).__module__.startswith("qtcore."):
        return described(value)
    if isinstance(value, Shown):
        return value._card().headline
    if type(value) in (tuple, list):
        some = [plain(one) for one in value[:_SEVERAL]]
        more = [f"… {len(value)} in all"] if len(value) > _SEVERAL else []
        text = ", ".join(some + more)
        return f"[{text}]" if isinstance(value, list) else f"({text}{',' * (len(value) == 1)})"
    shape: Any = getattr(value, "shape", None)
    if shape:
        return f"a {' × '.join(map(str, shape))} array"
    if callable(value) and hasattr(value, "__name__"):
        return "a lambda" if value.__name__ == "<lambda>" else str(value.__name__)
    text = repr(value)
    return f"a {type(value).__name__}" if " at 0x" in text else text


def in_few_words(value: Any) -> str:
    """Return a result in few words: of an array its shape and its range."""
    if value is None:
        return ""
    shape: Any = getattr(value, "shape", None)
    if not shape:
        return plain(value)
    text = (
        f"{' × '.join(map(str, shape))} {value.dtype}" if hasattr(value, "dtype") else plain(value)
    )
    if getattr(value, "ndim", 0) and value.size and getattr(value.dtype, "kind", "") in "fiu":
        text += f", from {value.min():.4g} to {value.max():.4g}"
    return text


def cut(line: str) -> str:
    """Return a line that is not too long."""
    return line if len(line) <= _WIDEST else f"{line[: _WIDEST - 1]}…"


def _is_default(field: Any, value: Any) -> bool:
    default = field.default if field.default_factory is MISSING else field.default_factory()
    if default is MISSING:
        return False
    if default == 0 and type(value) is tuple and value and not any(value):
        return True  # a number for all of them
    try:
        return value is default or (type(value) is type(default) and bool(value == default))
    except (TypeError, ValueError):  # arrays have no truth
        return False


PictureOf = Callable[[Any], str]
"""Returns the picture of an object as HTML; nothing if it has none."""


@dataclass
class _Pictures:
    """Where pictures come from."""

    load: Callable[[], PictureOf] | None = None


_PICTURES = _Pictures()


def pictures_from(load: Callable[[], PictureOf]) -> None:
    """Say who makes pictures; `load` is called when the first one is asked for."""
    _PICTURES.load = load


def picture_of(value: Any) -> str:
    """Return the picture of an object as HTML, or nothing."""
    return "" if _PICTURES.load is None else _PICTURES.load()(value)
