"""Profiles: where a sweep runs, as a checked value read from YAML."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import yaml
from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from qtcore.cluster.batch_kinds import Slurm
from qtcore.cluster.kinds import (
    KINDS,
    Given,
    InFiles,
    Kubernetes,
    Local,
    Mpi,
    Profile,
    Scheduler,
    Ssh,
    Threads,
)
from qtcore.cluster.lookup import file_at, folders, is_path, known
from qtcore.cluster.profile_base import MOST_WORKERS
from qtcore.errors import InputError, brief

if TYPE_CHECKING:
    from qtcore.cluster.kinds import AnyCluster

__all__ = [
    "Kubernetes",
    "Local",
    "Profile",
    "Scheduler",
    "Slurm",
    "Ssh",
    "Threads",
    "load_profile",
    "parse_profile",
]

PASSWORD = re.compile(r"//[^\s]*@")
"""Where an address has a password, which no message repeats."""

ADDRESSES = ("tcp://", "tls://", "ucx://", "ws://", "wss://")


_PROFILE: TypeAdapter[InFiles] = TypeAdapter(Annotated[InFiles, Field(discriminator="kind")])


def load_profile(name: "AnyCluster") -> Profile:
    """Return the profile of a name, a YAML file, a scheduler's address, a client or a cluster.

    Parameters
    ----------
    name : str, Path, distributed.Client or distributed.deploy.Cluster
        `local`, `threads` or the name of another file in cluster/; the path of a YAML file; the
        address of a running scheduler, such as `tcp://host:8786`; or what the caller has running.

    Raises
    ------
    InputError
        If there is no such profile, or something in it is wrong.
    """
    if not isinstance(name, str | Path):
        from qtcore.cluster.given import profile_of

        return profile_of(name)
    text = str(name)
    if text.startswith(ADDRESSES):
        return parse_profile({"kind": "scheduler", "address": text}, text)
    path = _find(text)
    try:
        fields = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise InputError(f"cluster profile {path} cannot be read: {error}") from error
    if not isinstance(fields, dict):
        raise InputError(f"cluster profile {path} must be a mapping with at least a `kind`")
    profile = parse_profile(fields, str(path))
    if isinstance(profile, Kubernetes):
        return profile.model_copy(update={"manifest": str(path.parent / profile.manifest)})
    return profile


def parse_profile(fields: dict[str, Any], origin: str) -> Profile:
    """Check the fields of a profile; `origin` names it in errors."""
    kind = fields.get("kind")
    if not isinstance(kind, str) or kind not in KINDS:
        raise InputError(
            f"cluster profile {origin}: kind: allowed are {', '.join(KINDS)}, got {brief(kind)}"
        )
    try:
        return _PROFILE.validate_python(fields)
    except ValidationError as error:
        raise InputError(f"cluster profile {origin}: {_words(error, KINDS[kind])}") from None


def _find(text: str) -> Path:
    if is_path(text, ".yaml") or text.endswith(".yml"):
        path = file_at(text)
        if path is None:
            raise InputError(f"cluster profile {text}: there is no such file")
        return path
    profiles = known("cluster", ".yaml")
    if text not in profiles:
        places = ", ".join(str(folder) for folder in folders("cluster")) or "no folder"
        raise InputError(
            f"unknown cluster {text!r}; known are {', '.join(sorted(profiles))} (from {places}), "
            "the path of a YAML file, or the address of a scheduler (tcp://host:8786)"
        )
    return profiles[text]


def _words(error: ValidationError, model: type[BaseModel]) -> str:
    lines = []
    for problem in error.errors(include_url=False):
        # The first part of the location is the kind, by which the model was chosen.
        name = str(problem["loc"][1])
        if problem["type"] == "extra_forbidden":
            lines.append(f"unknown key {name!r}; allowed are {', '.join(model.model_fields)}")
        elif problem["type"] == "missing":
            lines.append(f"{name} is missing: {model.model_fields[name].description}")
        elif name not in model.model_fields:  # a number, say, as a key
            lines.append(f"unknown key {name}; allowed are {', '.join(model.model_fields)}")
        else:
            allowed = model.model_fields[name].description
            if problem.get("ctx") == {"le": MOST_WORKERS}:
                allowed = f"{allowed}, at most {MOST_WORKERS:,}"
            one_of_its_values = name == "options" and len(problem["loc"]) > 2
            got = problem["loc"][2] if one_of_its_values else _told(problem.get("input"))
            lines.append(f"{name} takes {allowed}, got {got}")
    return "; ".join(dict.fromkeys(lines))


def _told(given: Any) -> str:
    """Return what came, without passwords; whoever takes a mapping for a key may have put one into it."""
    if isinstance(given, dict):
        return f"a mapping with {', '.join(map(str, given)) or 'nothing in it'}"
    return PASSWORD.sub("//…@", brief(given))


def with_workers(profile: Profile, workers: int | None) -> Profile:
    """Return the profile with another number of workers.

    Raises
    ------
    InputError
        If the number is below 1, or the profile has no say in it.
    """
    if workers is None:
        return profile
    if workers < 1:
        raise InputError(f"workers: allowed is a whole number >= 1, got {workers}")
    if workers > MOST_WORKERS:
        raise InputError(f"workers: allowed are at most {MOST_WORKERS:,}, got {workers}")
    changed = profile.with_workers(workers)
    if changed is None:
        why = (
            "what runs already has the workers that it has"
            if isinstance(profile, Scheduler | Given)
            else "the number of ranks decides (mpirun -n)"
            if isinstance(profile, Mpi)
            else "hosts and workers_per_host of the profile decide"
        )
        raise InputError(f"workers: {why}; leave --workers (workers=) out")
    return changed
