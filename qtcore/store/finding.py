"""What a check of a store finds."""

from dataclasses import dataclass, field

from qtcore.store.place import ROOT_METADATA


@dataclass(frozen=True)
class Finding:
    """Something that is wrong.

    Attributes
    ----------
    key : str
        Which object of the store.
    problem : str
        What is wrong with it, in words that follow its name.
    remedy : str
        What was done, or would be done by a repair.
    """

    key: str
    problem: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.key} {self.problem}: {self.remedy}"


@dataclass
class Report:
    """What a check of a store found.

    Attributes
    ----------
    blocks : int
        Finished blocks that were checked.
    findings : list of Finding
        What is wrong.
    reopened : int
        Blocks that count as unfinished because of that.
    """

    blocks: int = 0
    findings: list[Finding] = field(default_factory=list)
    reopened: int = 0


def describe(content: bytes | None, key: str = "", most: int | None = None) -> str:
    """Say in words what is wrong with an object that is not as it should be."""
    if content is None:
        return "is missing"
    if most is not None and len(content) > most:
        return f"is larger than it can be ({most} bytes)"
    if not content:
        return "is empty"
    if not any(content):
        return f"holds nothing but {len(content)} zeros"
    if key.endswith(ROOT_METADATA):
        return "is cut off, or was changed by something other than qtcore"
    return f"is cut off or altered ({len(content)} bytes do not match their checksum)"
