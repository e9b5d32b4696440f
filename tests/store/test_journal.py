"""The event log is advisory, and goes to no store but its own."""

from collections.abc import Callable
from pathlib import Path

import pytest

from qtcore.errors import GoneStoreError
from qtcore.store.header import identity_of
from qtcore.store.journal import _Parts, event_log
from qtcore.store.locate import place_of
from qtcore.sweep.events import Ended, EventLog


@pytest.mark.parametrize("kind", ["file", "parts"])
def test_nothing_is_logged_in_another_store_at_the_path(
    make_complete: Callable[..., None], tmp_path: Path, kind: str
) -> None:
    """A log is opened when the cluster is there, which may be hours after the store was made."""
    store, other = tmp_path / "here.zarr", tmp_path / "other.zarr"
    make_complete(store, seed=7)
    make_complete(other, seed=8)
    own = identity_of((store / "zarr.json").read_bytes())
    journal = event_log(store, identity=own)
    if kind == "parts":  # as on an object store
        journal = _Parts(place_of(store), "run/events", own)
    with journal:
        journal.write('{"event": "mine"}')
    assert "mine" in "".join(journal.lines())
    store.rename(tmp_path / "moved.zarr")
    other.rename(store)
    before = sorted(path for path in store.rglob("*"))
    with pytest.raises(GoneStoreError), journal:
        journal.write('{"event": "theirs"}')
    with EventLog(journal) as log:  # the run goes on without it
        log(Ended(0, 0, 0.0, ""))
    assert sorted(path for path in store.rglob("*")) == before
    assert [*journal.lines()] == []
