"""Proof that a process can use a store: it reads a secret there and writes it back."""

import platform
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from qtcore.store.layout import RUN_GROUP, WORKER_PROOF
from qtcore.store.locate import place_of
from qtcore.store.place import Place


@contextmanager
def secret_in(place: Place) -> Iterator[tuple[str, str, str]]:
    """Write a secret into a store; yield the store's address, the secret's name and the secret.

    What was written for the proof is removed on exit.
    """
    name, secret = f"{WORKER_PROOF}{uuid.uuid4().hex}", uuid.uuid4().hex
    place.put(f"{RUN_GROUP}/{name}", secret.encode())
    try:
        yield place.address, f"{RUN_GROUP}/{name}", secret
    finally:
        with suppress(OSError):  # a store that went away meanwhile ends the sweep by itself
            for written in place.children(RUN_GROUP):
                if written.startswith(name):
                    place.delete(f"{RUN_GROUP}/{written}")


def answer(store: str, name: str) -> str:
    """Read the object `name` of a store and write what it says into a new one; return its key.

    Runs on a worker.
    """
    place = place_of(store)
    secret = place.get(name)
    if secret is None:
        raise FileNotFoundError(f"{platform.node()} does not see {name} in {store}")
    written = f"{name}-{uuid.uuid4().hex}"
    place.put(written, secret)
    return written


def problem_with(place: Place, written: str, secret: str) -> str:
    """Say what is wrong with an answer, as seen from here; empty if nothing."""
    found = place.get(written)
    if found is None:
        return "what it wrote is not seen from here"
    return "" if found == secret.encode() else "it read something else"


def proved(store: str, name: str, secret: str) -> str:
    """Say why this process cannot use a store; empty if it can.

    Raises
    ------
    OSError
        If it cannot be reached, read or written.
    """
    return problem_with(place_of(store), answer(store, name), secret)
