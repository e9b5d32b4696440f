"""How a run was started, and the provenance that a new store begins with."""

import json
from dataclasses import dataclass
from typing import Any

from qtcore.sweep.events import now
from qtcore.sweep.provenance import git_revision, versions
from qtcore.sweep.spec import Sweep
from qtcore.sweep.survey import common_axes, survey


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
    """

    cluster: str = ""
    definition: str = ""
    source: str = ""
    preset: str = ""
    precision: str = ""
    distinct: bool = True


def origin(sweep: Sweep, provenance: RunProvenance) -> dict[str, Any]:
    """Return the provenance that a new store starts with."""
    return {
        "workflow": sweep.workflow,
        "preset": provenance.preset,
        "definition": provenance.definition,
        "definition_source": provenance.source,
        "spec": sweep.json_text,
        "spec_hash": sweep.hash,
        "common_disorder": json.dumps(common_axes(sweep, survey(sweep).keys)),
        "seed": sweep.seed,
        "versions": json.dumps(versions(sweep.program)),
        "git_revision": git_revision(),
        "cluster": provenance.cluster,
        "precision": provenance.precision,
        "distinct": provenance.distinct,
        "created": now(),
        "updated": now(),
        "completed": "",
        "core_seconds": 0.0,
    }
