"""Fonts that were cut to the letters of a figure before are not cut again for the next one."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from io import BytesIO
from types import SimpleNamespace
from typing import Any


def cut_once(cut: Callable[..., Any]) -> Callable[..., Any]:
    """Return Matplotlib's function that cuts a font to some glyphs, with a memory.

    That takes a quarter of a second, half of all that it takes to write a figure as a PDF, and the
    figures of tests have few different texts. The files hold the same bytes.
    """
    known: dict[Any, tuple[bytes, dict[int, int]]] = {}

    @contextmanager
    def remembered(font: Any, glyphs: Iterable[int]) -> Iterator[Any]:
        asked = frozenset(glyphs)
        key = (str(font), font.face_index, asked)
        if key not in known:
            with cut(font, asked) as found:
                content = BytesIO()
                found.font.save(content, reorderTables=False)
                known[key] = content.getvalue(), found.glyph_index_map
        content, places = known[key]
        kept = SimpleNamespace(save=lambda file, reorderTables: file.write(content))  # noqa: ARG005 - as fonts save
        yield SimpleNamespace(font=kept, glyph_index_map=places)

    return remembered
