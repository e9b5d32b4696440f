"""Trees of texts, on a Python that confuses those of two threads."""

import ast

import pytest

from qtcore.sweep import syntax


def test_a_text_is_parsed_again_where_python_confused_two(monkeypatch: pytest.MonkeyPatch) -> None:
    plain, calls = ast.parse, []

    def confused(text: str) -> ast.Module:
        calls.append(text)
        if len(calls) < syntax.TRIES:
            raise SystemError("AST constructor recursion depth mismatch (before=159, after=49)")
        return plain(text)

    monkeypatch.setattr(syntax.ast, "parse", confused)
    assert ast.unparse(syntax.parsed("x = 1")) == "x = 1"
    assert len(calls) == syntax.TRIES


def test_what_is_no_python_is_told_at_once() -> None:
    with pytest.raises(SyntaxError):
        syntax.parsed("x = = 1")
