"""A store that has room for a sweep: made or extended, and held by the lease of whoever fills it."""

import json
import logging
from contextlib import ExitStack
from dataclasses import replace

from qtcore.errors import InputError, first_lines
from qtcore.store.create import create, extend
from qtcore.store.duplicate import refuse_contradictions
from qtcore.store.finished import clean_partial, holds_nothing
from qtcore.store.header import Header, is_vacant, read_header
from qtcore.store.layout import Coordinate, Layout
from qtcore.store.lease import Lease, refuse_if_parts_are_held
from qtcore.store.locate import Location
from qtcore.store.open_store import OpenStore, open_store
from qtcore.store.place import Place
from qtcore.sweep.axes import Axis
from qtcore.sweep.blocks import refuse_too_many_blocks
from qtcore.sweep.extension import continued, outdated
from qtcore.sweep.names import refuse_taken, refuse_twins
from qtcore.sweep.observables import CHANNEL, LENGTH
from qtcore.sweep.part import Part
from qtcore.sweep.plan import block_length, dimension_sizes
from qtcore.sweep.run_provenance import RunProvenance, follow_definition, origin
from qtcore.sweep.spec import Sweep
from qtcore.sweep.spins import stated_channels, stated_outputs, warn_of_other_units
from qtcore.sweep.stored_cases import parameters_of_cases
from qtcore.sweep.survey import channels, common_axes, partly_common_axes, survey

log = logging.getLogger(__name__)

PATIENCE = 120.0
"""Seconds that the driver of a part waits for another one to make, extend or conclude the store."""


def layout(sweep: Sweep, block: int) -> Layout:
    """Return the store's layout for a sweep.

    Raises
    ------
    InputError
        If it would have more blocks than a driver can plan.
    """
    refuse_too_many_blocks(sweep, block)
    declared = {axis.name: axis for axis in sweep.dimensions}
    sizes = dimension_sizes(sweep)
    unit = "sites" if survey(sweep).slices_are_sites else "slices"
    known = {
        LENGTH: Coordinate(LENGTH, sweep.lengths, unit, "length of the wire", "int64"),
        CHANNEL: Coordinate(
            CHANNEL, tuple(range(sizes.get(CHANNEL, 0))), "", "number of the eigenchannel", "int64"
        ),
    }
    behind = [known[n] if n in known else _coordinate(declared[n]) for n in sizes]
    axes = tuple(_coordinate(axis) for axis in sweep.axes)
    parameters = tuple(parameters_of_cases(sweep))
    return Layout(
        axes,
        tuple(behind),
        stated_outputs(sweep),
        sweep.largest_count,
        block,
        parameters,
        stated_channels(sweep),
    )


def refuse_names(sweep: Sweep, opened: OpenStore) -> None:
    """Refuse names that a preset refuses too; a sweep read from an earlier store may have them.

    There they stood for something else at every point, and going on would mix the two.
    """
    refuse_taken((*sweep.names, *sweep.constants), "an axis or a constant")
    if opened.is_vacant:
        own = [*sweep.names, *(axis.name for axis in sweep.dimensions)]
        refuse_twins([*own, *(variable.name for variable in sweep.outputs)])


def _coordinate(axis: Axis) -> Coordinate:
    words = axis.units, axis.long_name or axis.name
    return Coordinate(axis.name, axis.values, *words, axis.dtype, labels=axis.labels)


def refuse_what_no_chunk_can_hold(sweep: Sweep, header: Header) -> None:
    """Refuse an extension that needs more room inside a chunk than the store has."""
    refuse_too_many_blocks(sweep, header.block)
    for name, size in dimension_sizes(sweep).items():
        if size > header.sizes[name]:
            raise InputError(
                f"the new points have up to {size} values along {name}, the store {header.place} "
                f"has room for {header.sizes[name]}, which cannot grow; choose another --store"
            )


def prepared_store(
    sweep: Sweep,
    location: Location,
    part: Part | None,
    provenance: RunProvenance,
    block: int | None,
    stack: ExitStack,
) -> tuple[OpenStore, bool]:
    """Make or extend a store; return it under the lease to work under, and whether it was made.

    The driver of a part holds the whole store only for as long as this takes.

    Parameters
    ----------
    sweep : Sweep
        What the store shall hold.
    location : str, Path or Place
        Where it lies, or where to make it.
    part : Part or None
        The part that this driver computes.
    provenance : RunProvenance
        For a new store; one that is there takes its definition.
    block : int or None
        Realizations per block of a new store; chosen by the cost model for None.
    stack : ExitStack
        Gives the lease back.

    Raises
    ------
    InputError
        If the sweep or the store is refused; nothing was changed then.
    """
    seen = open_store(location)
    if part is None and not seen.is_vacant and (lines := outdated(sweep, seen.header)):
        seen = _without_what_is_outdated(sweep, seen, block, lines)
    refuse_names(sweep, seen)
    if seen.is_vacant:
        _make(sweep, seen.place, part, provenance, block)
    else:  # refused before anything is touched
        refuse_contradictions(seen.place)
        continued(sweep, seen.header)
    patience = PATIENCE if part is not None else 0.0
    whole = stack.enter_context(Lease(seen.place, patience=patience))
    # Looked at again: until the lease was held, another driver may have extended the store, and
    # somebody else may have put another one in its place.
    opened = seen.reread(whole)
    refuse_contradictions(opened.place)
    target = continued(sweep, opened.header)
    if part is None or target.grows:
        refuse_if_parts_are_held(opened.place)
        clean_partial(opened.place)
    _extend(opened.header, target.sweep, target.earlier)
    follow_definition(opened.reread(whole).header, provenance)
    lease = whole
    if part is not None:
        lease = stack.enter_context(Lease(opened.place, part.name))
        whole.release()
    return opened.reread(lease), seen.is_vacant  # its attributes are those of what it holds now


def _without_what_is_outdated(
    sweep: Sweep, seen: OpenStore, block: int | None, lines: list[str]
) -> OpenStore:
    """Remove a store of an earlier definition that holds no sample, unless somebody is at work there.

    Whether it holds none is looked at again when nobody can reach it any more.
    """
    refuse_names(sweep, replace(seen, found=None))
    layout(sweep, block_length(sweep) if block is None else block)  # refused before anything goes
    with Lease(seen.place) as lease:
        refuse_if_parts_are_held(seen.place)
        seen.place.remove_if(lambda p: lease.is_held_in(p) and holds_nothing(read_header(p)))
    log.warning(
        "%s held no sample, and was made for another sweep, so it is made anew:\n  %s",
        seen.place,
        first_lines(lines),
    )
    return open_store(seen.place)


def _make(
    sweep: Sweep, place: Place, part: Part | None, provenance: RunProvenance, block: int | None
) -> None:
    attributes = origin(sweep, provenance)
    made = layout(sweep, block_length(sweep) if block is None else block)
    try:
        create(place, made, channels(sweep), attributes)
    except InputError:
        if part is None or is_vacant(place):
            raise  # else another part has made it a moment ago


def _extend(header: Header, sweep: Sweep, earlier: list[int]) -> None:
    """Make room in a store, or finish doing so."""
    refuse_what_no_chunk_can_hold(sweep, header)
    warn_of_other_units(sweep, header)
    attributes = {
        "spec": sweep.json_text,
        "spec_hash": sweep.hash,
        "common_disorder": json.dumps(common_axes(sweep, survey(sweep).keys)),
        "partly_common_disorder": json.dumps(partly_common_axes(sweep, survey(sweep).keys)),
    }
    extend(header.place, layout(sweep, header.block), channels(sweep), earlier, attributes)
