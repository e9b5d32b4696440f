"""What a store that was put together of others says of itself."""

import json
import logging
from collections.abc import Sequence
from typing import Any

from qtcore.answers.union import Union
from qtcore.errors import listed
from qtcore.store.draws import DRAWS
from qtcore.store.header import Header, digest_of_document, read_header
from qtcore.store.layout import DEFINITIONS, FORMAT_OF_DRAWS
from qtcore.store.place import Place
from qtcore.sweep.events import now
from qtcore.sweep.run_provenance import SOURCE
from qtcore.sweep.trusted import digest_of
from qtcore.trust import vouch_for

log = logging.getLogger(__name__)

OF_DEFINITION = ("preset", "definition", SOURCE, "distinct")
"""Attributes that say which definition a store was made with."""


def merged_attributes(
    headers: Sequence[Header],
    union: Union,
    rows: list[int],
    *,
    trust: bool,
) -> dict[str, Any]:
    """Return the provenance of a new store, with all of its sources.

    The definition is that of the store that was written to last.

    Parameters
    ----------
    headers : sequence of Header
        The stores.
    union : Union
        Their sweeps.
    rows : list of int
        The row at which each seed begins.
    trust : bool
        Whether their functions may run if nobody here knows them.

    Raises
    ------
    UntrustedDefinitionError
        If they would have to run and may not.
    """
    held = [header.attributes for header in headers]
    last = max(held, key=lambda of: str(of.get("updated", "")))
    spec = json.loads(union.sweep.json_text)
    attributes: dict[str, Any] = {
        "workflow": union.sweep.workflow,
        **{name: last[name] for name in OF_DEFINITION if name in last},
        **_common_disorder(headers, union, trust=trust),
        "versions": json.dumps(_versions(held)),
        "git_revision": _alike([str(of.get("git_revision", "")) for of in held]),
        "cluster": "",
        "precision": "",
        "created": now(),
        "updated": now(),
        "completed": "",
        "core_seconds": sum(float(of.get("core_seconds", 0.0)) for of in held),
        "sources": [_as_source(header) for header in headers],
    }
    if len(union.seeds) == 1:
        found = {"spec": json.dumps(spec), "spec_hash": union.sweep.hash, "seed": union.seeds[0]}
        return attributes | found
    draws = [draw.as_json() for draw in union.draws(rows)]
    spec["seed"] = None
    fields = {name: value for name, value in spec.items() if name != "realizations"}
    return attributes | {
        "qtcore_format": FORMAT_OF_DRAWS,
        "spec": json.dumps(spec),
        "spec_hash": digest_of_document({**fields, "seeds": union.seeds}),
        DRAWS: draws,
    }


def _as_source(header: Header) -> dict[str, Any]:
    kept = (
        "spec_hash",
        "seed",
        DRAWS,
        "versions",
        "git_revision",
        "created",
        "updated",
        "completed",
        "core_seconds",
        "sources",
    )
    return {
        "store": header.place.address,
        **{name: header.attributes[name] for name in kept if name in header.attributes},
    }


def _alike(texts: list[str]) -> str:
    return ", ".join(dict.fromkeys(filter(None, texts)))


def _versions(held: Sequence[dict[str, Any]]) -> dict[str, str]:
    """Return the versions of the sources, and say where they differ."""
    parsed = [json.loads(of.get("versions") or "{}") for of in held]
    names = dict.fromkeys(name for of in parsed for name in of)
    found = {name: _alike([str(of.get(name, "")) for of in parsed]) for name in names}
    if differing := [
        f"{n} {v}" for n, v in found.items() if len({str(p.get(n)) for p in parsed}) > 1
    ]:
        log.warning("the stores were computed with different versions: %s", listed(differing))
    return found


def _common_disorder(headers: Sequence[Header], union: Union, *, trust: bool) -> dict[str, str]:
    """Return which axes leave the disorder as it is; where axes grow, the functions are asked."""
    names = ("common_disorder", "partly_common_disorder")
    same_axes = all(part.grid == union.sweep.grid for part in union.parts)
    if same_axes or not union.sweep.is_of_wires:
        held = [[json.loads(h.attributes.get(name) or "[]") for h in headers] for name in names]
        common = [axis for axis in held[0][0] if all(axis in of for of in held[0])]
        partly = dict.fromkeys(axis for of in (*held[0], *held[1]) for axis in of)
        return {
            names[0]: json.dumps(common),
            names[1]: json.dumps([axis for axis in partly if axis not in common]),
        }
    for header in headers:
        vouch_for(header, trust=trust)
    from qtcore.sweep.survey import common_axes, partly_common_axes, survey

    keys = survey(union.sweep).keys
    found = common_axes(union.sweep, keys), partly_common_axes(union.sweep, keys)
    return dict(zip(names, map(json.dumps, found), strict=True))


def keep_definitions(target: Place, headers: Sequence[Header]) -> None:
    """Keep the texts of definitions that are not that of the new store."""
    kept = read_header(target).attributes.get(SOURCE)
    for header in headers:
        text = header.attributes.get(SOURCE)
        if isinstance(text, str) and text and text != kept:
            key = f"{DEFINITIONS}/{digest_of(text)[:16]}.py"
            target.put(key, text.encode("utf-8", "surrogatepass"))
