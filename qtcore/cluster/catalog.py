"""Which clusters can be named, what each needs and whether this machine has it."""

from dataclasses import dataclass
from pathlib import Path

from qtcore.cluster.kinds import Profile
from qtcore.cluster.lookup import known
from qtcore.cluster.needs import missing
from qtcore.cluster.profile import load_profile
from qtcore.errors import InputError


@dataclass(frozen=True)
class Cluster:
    """A profile that can be run on by name, or why it cannot.

    Attributes
    ----------
    name : str
        For `--cluster`.
    path : Path
        The file.
    profile : Profile or None
        What it says, None if something in it is wrong.
    needs : tuple of str
        What must be there for it.
    missing : tuple of str
        What this machine lacks: packages and commands. Hosts and queues are asked by a run only.
    error : str
        What is wrong in the file.
    """

    name: str
    path: Path
    profile: Profile | None
    needs: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    error: str = ""


def clusters() -> list[Cluster]:
    """Return the profiles that can be run on by name, broken ones included."""
    found = []
    for name, path in known("cluster", ".yaml").items():
        try:
            profile = load_profile(path)
        except InputError as error:
            found.append(Cluster(name, path, None, error=str(error)))
        else:
            found.append(Cluster(name, path, profile, profile.needs, tuple(missing(profile))))
    return found
