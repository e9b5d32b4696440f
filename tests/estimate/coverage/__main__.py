"""Measure every case and write the table of docs/errors.md: python -m tests.estimate.coverage."""

from .harness import PAGE, row
from .test_rule import CASES

HEAD = "| estimator |"


def main() -> None:
    """Replace the rows below the head of the table."""
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith(HEAD)) + 2
    stop = start
    while stop < len(lines) and lines[stop].startswith("|"):
        stop += 1
    lines[start:stop] = [row(case) for case in CASES]
    PAGE.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
