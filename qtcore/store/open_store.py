"""A store as a driver has it open: where it lies, what it says of itself, and the lease if it is held."""

from dataclasses import dataclass, replace

from qtcore.errors import InputError, LostLeaseError
from qtcore.store.header import Header, is_vacant, read_header
from qtcore.store.lease import Lease
from qtcore.store.locate import Location, place_of
from qtcore.store.place import NOTHING, Place


@dataclass(frozen=True)
class OpenStore:
    """A store that was looked at once, so that no caller looks again for the same answer.

    What it says is as old as the look. Whoever goes on after something that takes long, or begins to
    hold the lease, looks again with `reread`: another store may lie there, or the same one have
    grown.

    Attributes
    ----------
    place : Place
        Where it lies, or where it is to be made.
    found : Header or None
        What it said of itself; None if a new store can be made there.
    lease : Lease or None
        The lease under which that was read, if the driver holds it.
    """

    place: Place
    found: Header | None
    lease: Lease | None = None

    @property
    def is_vacant(self) -> bool:
        """Whether there was no store yet."""
        return self.found is None

    @property
    def header(self) -> Header:
        """What the store said of itself.

        Raises
        ------
        InputError
            If there was none.
        """
        if self.found is None:
            raise InputError(f"no store at {self.place}: {NOTHING}")
        return self.found

    @property
    def held(self) -> Lease:
        """The lease under which it was read.

        Raises
        ------
        LostLeaseError
            If the driver does not hold it.
        """
        if self.lease is None:
            raise LostLeaseError(f"this driver does not hold the store {self.place}")
        return self.lease

    def reread(self, lease: Lease | None = None) -> "OpenStore":
        """Look again, under a lease if one is given or was held before.

        Raises
        ------
        InputError
            If there is no qtcore store, or what it says is damaged.
        """
        held = self.lease if lease is None else lease
        return replace(self, found=read_header(self.place), lease=held)


def open_store(location: "Location | OpenStore") -> OpenStore:
    """Look at what lies at a place; a store that is open already stays as it is.

    Raises
    ------
    InputError
        If something else than a qtcore store lies there, or it cannot be looked at.
    """
    if isinstance(location, OpenStore):
        return location
    place = place_of(location)
    return OpenStore(place, None if is_vacant(place) else read_header(place))
