"""What the profiles of all kinds have."""

from typing import Annotated, ClassVar, Self

from pydantic import BaseModel, ConfigDict, Field

Text = Annotated[str, Field(min_length=1)]
"""Any text but none."""

Line = Annotated[str, Field(min_length=1, pattern=r"^[^\x00-\x1f\x7f]+$")]
"""A text that cannot break out of its line of a job's script: it has no line break and no control character."""

MOST_WORKERS = 100_000
"""More than any scheduler carries (docs/scale.md)."""

Count = Annotated[int, Field(ge=1, le=MOST_WORKERS)]


class ProfileBase(BaseModel):
    """What every kind has.

    Attributes
    ----------
    is_here : bool
        Whether workers run on this machine, with this machine's processor and disk cache.
    needs : tuple of str
        What must be there for it, in words.
    look_at : str
        Where to look if no worker comes.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    is_here: ClassVar[bool] = False
    needs: ClassVar[tuple[str, ...]] = ("the store under the same path on every worker",)
    look_at: ClassVar[str]

    start_timeout: float = Field(
        default=60.0,
        gt=0,
        description="seconds > 0 to wait for the first worker",
    )

    @property
    def cores(self) -> int | None:
        """How many cores it will use, or None where only the scheduler knows."""
        return None

    def with_workers(self, workers: int) -> "Self | None":
        """Return the profile with another number of workers, or None if it has no say in it."""
        del workers
        return None


class Scaled(ProfileBase):
    """Workers that a cluster grants on request."""

    adaptive: bool = Field(
        default=False,
        description="true (as many as there is work for, given back towards the end) or false",
    )
