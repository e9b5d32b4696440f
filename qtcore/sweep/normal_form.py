"""The text of a syntax tree, the same on every Python and read by every one since 3.11.

`ast.unparse` of Python 3.12 and later writes `f'{x['k']}'` where 3.11 wrote `f"{x['k']}"`, and 3.11
cannot read the former. Here the outer quotes are chosen as in 3.11, whatever the Python.
"""

import ast

QUOTES = ("'", '"', '"""', "'''")
"""In the order in which `ast.unparse` prefers them."""

ONLY_SINCE_3_12 = ("\\", "\n", "#")
"""What the expressions of an f-string may hold since PEP 701 only."""

_CONVERSION = {-1: "", ord("s"): "!s", ord("r"): "!r", ord("a"): "!a"}


def normal_form(tree: ast.AST) -> str:
    """Return what `ast.unparse` says, with f-strings that every Python since 3.11 reads.

    An f-string that only newer Pythons can read stays as this Python writes it.
    """
    strings = _Strings()
    text = ast.unparse(strings.visit(tree))
    # The last one first: a name of two digits begins with one of one digit.
    for number, written in reversed(list(enumerate(strings.written))):
        text = text.replace(_stand_in(number), written)
    return text


def _stand_in(number: int) -> str:
    return f"__qtcore_f_string_{number}"


class _Strings(ast.NodeTransformer):
    """Put a name in the place of each f-string that Pythons write differently."""

    def __init__(self) -> None:
        self.written: list[str] = []

    def visit_JoinedStr(self, node: ast.JoinedStr) -> ast.AST:
        written = _f_string(node) if _has_strings(node) else None
        if written is None:
            return node
        self.written.append(written)
        return ast.Name(_stand_in(len(self.written) - 1), ast.Load())


def _has_strings(node: ast.JoinedStr) -> bool:
    """Whether a field of an f-string holds a string, so that its quotes have to be others."""
    fields = [value for value in node.values if isinstance(value, ast.FormattedValue)]
    return any(
        isinstance(part, ast.JoinedStr)
        or (isinstance(part, ast.Constant) and isinstance(part.value, str | bytes))
        for field in fields
        for part in ast.walk(field.value)
    ) or any(
        isinstance(field.format_spec, ast.JoinedStr) and _has_strings(field.format_spec)
        for field in fields
    )


def _f_string(node: ast.JoinedStr) -> str | None:
    """Write an f-string; None if only newer Pythons have it."""
    text = _inside(node)
    if text is None:
        return None
    quotes = [q for q in QUOTES if q not in text and not text.endswith(q[0])]
    return f"f{quotes[0]}{text}{quotes[0]}" if quotes else None


def _inside(node: ast.JoinedStr) -> str | None:
    parts: list[str] = []
    for value in node.values:
        if isinstance(value, ast.Constant):
            parts.append("".join(_escaped(c) for c in str(value.value)))
            continue
        assert isinstance(value, ast.FormattedValue)
        expression = normal_form(value.value)
        if any(sign in expression for sign in ONLY_SINCE_3_12):
            return None
        if isinstance(value.value, ast.Lambda | ast.IfExp):
            expression = f"({expression})"
        elif expression.startswith("{"):
            expression = f" {expression}"
        form = ""
        if isinstance(value.format_spec, ast.JoinedStr):
            inside = _inside(value.format_spec)
            if inside is None:
                return None
            form = f":{inside}"
        parts.append(f"{{{expression}{_CONVERSION[value.conversion]}{form}}}")
    return "".join(parts)


def _escaped(character: str) -> str:
    if character in "{}":
        return 2 * character
    if character == "\\" or not character.isprintable():
        return character.encode("unicode_escape").decode("ascii")
    return character
