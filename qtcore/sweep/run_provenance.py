"""How a run was started, and what its store keeps of that."""

import json
from dataclasses import dataclass
from typing import Any

from qtcore.store.header import Header
from qtcore.store.layout import DEFINITIONS
from qtcore.sweep.events import now
from qtcore.sweep.provenance import git_revision, versions
from qtcore.sweep.spec import Sweep
from qtcore.sweep.trusted import digest_of

SOURCE = "definition_source"
"""Attribute with the text of the definition of the last run."""


@dataclass(frozen=True)
class RunProvenance:
    """How a run was started, for the store's attributes.

    Attributes
    ----------
    cluster : str
        The profile, as JSON.
    definition : str
        Path of the workflow's definition if it was given by path.
    source : str
        Text of the definition.
    preset : str
        Name of the preset that the sweep was made from.
    precision : str
        The precision goal, as JSON, if there is one.
    distinct : bool
        Whether the realizations of a user's own `solve` differ from each other.
    in_use : bool
        Whether the definition is executed in this process, and was not read from a store. Only such
        a one takes the place of the definition that a store has.
    """

    cluster: str = ""
    definition: str = ""
    source: str = ""
    preset: str = ""
    precision: str = ""
    distinct: bool = True
    in_use: bool = False

    @property
    def of_definition(self) -> dict[str, Any]:
        """What a store keeps of the definition of its last run."""
        return {
            "preset": self.preset,
            "definition": self.definition,
            SOURCE: self.source,
            "distinct": self.distinct,
        }


def origin(sweep: Sweep, provenance: RunProvenance) -> dict[str, Any]:
    """Return the provenance that a new store starts with."""
    from qtcore.sweep.survey import common_axes, partly_common_axes, survey

    return {
        "workflow": sweep.workflow,
        **provenance.of_definition,
        "spec": sweep.json_text,
        "spec_hash": sweep.hash,
        "common_disorder": json.dumps(common_axes(sweep, survey(sweep).keys)),
        "partly_common_disorder": json.dumps(partly_common_axes(sweep, survey(sweep).keys)),
        "seed": sweep.seed,
        "versions": json.dumps(versions(sweep.program)),
        "git_revision": git_revision(),
        "cluster": provenance.cluster,
        "precision": provenance.precision,
        "created": now(),
        "updated": now(),
        "completed": "",
        "core_seconds": 0.0,
    }


def follow_definition(header: Header, provenance: RunProvenance) -> None:
    """Give a store the definition of the run that goes on with it, and keep the text that it had.

    The functions that make the numbers are those of before, or the run would have been refused. What
    a definition says besides, its analysis above all, may have been mended since.

    Parameters
    ----------
    header : Header
        What the store says of itself now; the caller holds its lease.
    provenance : RunProvenance
        How the run was started. A definition that was itself read from a store changes nothing.
    """
    from qtcore.store.create import consolidate, update_attributes

    new = provenance.of_definition
    if not (provenance.in_use and provenance.source):
        return
    if all(header.attributes.get(name) == value for name, value in new.items()):
        return
    before = header.attributes.get(SOURCE)
    if isinstance(before, str) and before and before != provenance.source:
        key = f"{DEFINITIONS}/{digest_of(before)[:16]}.py"
        header.place.put(key, before.encode("utf-8", "surrogatepass"))
    update_attributes(header.place, new)
    if header.attributes.get("completed"):
        consolidate(header.place)
