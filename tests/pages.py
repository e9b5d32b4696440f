"""What stands on a page: its Markdown, the examples that it shows."""

from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parent.parent
HOW_TO = ROOT / "docs" / "how-to"


def tokens(path: Path) -> Iterator[Token]:
    """Yield all Markdown tokens of a page, those inside paragraphs and tables included."""
    for token in MarkdownIt("commonmark").enable("table").parse(path.read_text(encoding="utf-8")):
        yield token
        yield from token.children or []


def blocks(path: Path, language: str) -> list[tuple[int, str]]:
    """Return (line, content) of the fenced code blocks of a language."""
    return [
        (token.map[0] + 1, token.content)
        for token in tokens(path)
        if token.type == "fence" and token.info == language and token.map
    ]


def write_example(page: Path, name: str, folder: Path) -> Path:
    """Write the definition that a page shows under a name; return its path."""
    ((_, source),) = blocks(page, f"python {name}")
    path = folder / name
    path.write_text(source, encoding="utf-8")
    return path
