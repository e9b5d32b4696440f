"""What became of a run."""

from dataclasses import dataclass, field

from qtcore.sweep.events import BlockFailed


@dataclass
class Outcome:
    """What became of a run.

    Attributes
    ----------
    blocks_done, blocks_left : int
        Blocks computed in this session, and those of the plan that were not.
    core_seconds : float
        Seconds that workers spent on tasks, without waiting for a free core.
    failures : list of BlockFailed
        What failed for good.
    stopped : str
        Why the loop ended early, or empty.
    identity : str
        What tells the store from others (`qtcore.store.header.identity_of`); empty if nothing was
        left to compute.
    """

    blocks_done: int = 0
    blocks_left: int = 0
    core_seconds: float = 0.0
    failures: list[BlockFailed] = field(default_factory=list)
    stopped: str = ""
    identity: str = ""

    def followed_by(self, later: "Outcome") -> "Outcome":
        """Return what became of this run and of one that went on from it."""
        return Outcome(
            self.blocks_done + later.blocks_done,
            later.blocks_left,
            self.core_seconds + later.core_seconds,
            later.failures,
            later.stopped,
            later.identity,
        )
