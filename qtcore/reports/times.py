"""When the realizations of a store were computed: of a merged store, when the runs behind it were."""

from collections.abc import Iterator, Mapping
from typing import Any

from qtcore.sweep.status import Status


def times_of(attributes: Mapping[str, Any], status: Status) -> tuple[str, str]:
    """Return when the first run behind a store began, and when the last one was complete.

    Parameters
    ----------
    attributes : mapping
        Attributes of the root of the store.
    status : Status
        How far the store is.

    Returns
    -------
    began, ended : str
        ISO 8601. `ended` is "" where the store is not complete.
    """
    runs = list(_runs_behind(attributes))
    began = min(filter(None, (_said(run, "created") for run in runs)), default=status.created)
    if not (status.complete and status.completed):
        return began, ""
    ends = (_said(run, "completed") or _said(run, "updated") for run in runs)
    # A merged store that was continued since has its own last session.
    own = "" if runs and _is_as_merged(attributes) else status.completed
    return began, max(filter(None, (*ends, own)), default=status.completed)


def _runs_behind(attributes: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield what a merged store states of its sources, and of theirs."""
    sources = attributes.get("sources")
    for source in sources if isinstance(sources, list) else []:
        if isinstance(source, dict):
            further = list(_runs_behind(source))
            yield from further or [source]


def _is_as_merged(attributes: Mapping[str, Any]) -> bool:
    return not attributes.get("cluster")  # a session states where it computed


def _said(run: Mapping[str, Any], name: str) -> str:
    return str(run.get(name) or "")
