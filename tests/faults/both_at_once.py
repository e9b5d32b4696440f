"""Run two commands of qtcore in two processes that begin them at the same moment.

Both have imported everything before, so that they meet within milliseconds; processes that begin
with Python itself are seconds apart. Usage: both_at_once.py FIRST SECOND, each a JSON list of texts.
"""

import json
import multiprocessing
import os
import sys
from multiprocessing.synchronize import Barrier
from pathlib import Path

from matplotlib.figure import Figure as Figure

from qtcore.api import run as run  # imported for what it imports
from qtcore.cli import app


def one(words: list[str], barrier: Barrier, log: str) -> None:
    """Wait for the other process, then run a command; all that it says goes into a file."""
    number = os.open(log, os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
    os.dup2(number, 1)
    os.dup2(number, 2)
    barrier.wait()
    app.main(words)


def main() -> None:
    """Run both, and print how they ended and what they said as JSON."""
    forked = multiprocessing.get_context("fork")
    barrier = forked.Barrier(2)
    logs = ["first.log", "second.log"]
    commands = [json.loads(argument) for argument in sys.argv[1:]]
    processes = [
        forked.Process(target=one, args=(words, barrier, log))
        for words, log in zip(commands, logs, strict=True)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(120)
    codes = [process.exitcode for process in processes]
    said = [[code, Path(log).read_text()] for code, log in zip(codes, logs, strict=True)]
    sys.stdout.write(json.dumps(said))
    for process in processes:
        process.kill()


if __name__ == "__main__":
    main()
