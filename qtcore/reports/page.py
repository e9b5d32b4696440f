"""A report as one HTML page, which needs no network and no scripts."""

import re
from base64 import b64encode
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from qtcore._version import __version__
from qtcore.errors import command, counted
from qtcore.reports.commands import commands_of
from qtcore.reports.gathered import Gathered
from qtcore.reports.tables import (
    check_rows,
    cluster_in,
    definition_in,
    spec_rows,
    versions_in,
)
from qtcore.reports.times import times_of
from qtcore.shown import without_control
from qtcore.sweep.durations import core_seconds, duration
from qtcore.sweep.events import now
from qtcore.sweep.own_preset import own_preset
from qtcore.sweep.words import counts_in_words, lengths_in_words

if TYPE_CHECKING:
    from jinja2 import Template
    from markupsafe import Markup

FEW = 24
"""A quantity of so many numbers is shown at once, a longer one when its heading is opened."""

MOST_POINTS = 40
"""Rows of a table of points or failures."""


def page(found: Gathered) -> str:
    """Return the page of a run. Every text of the store is escaped, and its control characters are written out."""
    definition = definition_in(found)
    checks = check_rows(found.checks)
    status = found.status
    there = sum(min(point.finished, point.wanted) for point in status.points)
    wanted = sum(point.wanted for point in status.points)
    return _template().render(
        found=found,
        title=" ".join(filter(None, (status.workflow, own_preset(status.workflow, status.preset)))),
        unfinished=_unfinished(found, there, wanted),
        wanted=wanted,
        swept=_swept(found),
        facts=_facts(found, there, wanted),
        quantities=found.quantities,
        few=FEW,
        checks=checks,
        failed=sum(row.mark in ("failed", "not made") for row in checks),
        left_out=list(dict.fromkeys(check.left_out for check in found.checks if check.left_out)),
        spec=spec_rows(found),
        short=_short(found),
        most_points=MOST_POINTS,
        definition=definition,
        provenance=_provenance(found),
        commands=commands_of(found, definition),
        version=__version__,
        made=_time(now()),
    )


@lru_cache(maxsize=1)
def _template() -> "Template":
    from jinja2 import Environment, PackageLoader, StrictUndefined

    environment = Environment(
        loader=PackageLoader("qtcore.reports", "assets"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_shown,
        trim_blocks=True,
    )
    environment.globals["base64"] = lambda content: b64encode(content).decode("ascii")
    environment.globals["counted"] = counted
    environment.filters["prose"] = _prose
    return environment.get_template("report.html")


def _prose(text: str) -> "Markup":
    """Return a sentence, escaped, with what stands between backticks as code."""
    from markupsafe import Markup

    pieces = re.split(r"`([^`]*)`", text)  # every second one is code
    return Markup("").join(
        Markup("<code>{}</code>" if number % 2 else "{}").format(without_control(piece))
        for number, piece in enumerate(pieces)
    )


def _shown(value: Any) -> Any:
    """Return what is put into the page: a text cannot turn the direction of writing there."""
    # What the template has made itself is escaped already, and is a subclass of str.
    return without_control(value) if type(value) is str else value


def _unfinished(found: Gathered, there: int, wanted: int) -> str:
    """Say what a run lacks; "" if it lacks nothing."""
    if there >= wanted:
        return ""
    part = (
        f"{there:,} of its {wanted:,} realizations ({there / max(wanted, 1):.0%}) are in the store"
    )
    if found.status.running:
        return f"{part}, and a run is adding to them. Everything below is of these alone."
    on = "The same `qtcore run` goes on"
    if found.status.seed is not None:
        on += f", and so does `{command('rerun', found.place)}`"
    return f"{part}. Everything below is of these alone. {on}."


def _swept(found: Gathered) -> str:
    """Say in one sentence what was swept."""
    sweep = found.sweep
    axes = [f"{axis.name} ({counted(len(axis.values), 'values')})" for axis in sweep.axes]
    over = f" over {', '.join(axes)}" if axes else ""
    lengths = f"; lengths: {lengths_in_words(sweep.lengths)}" if sweep.lengths else ""
    counts = counts_in_words(count for count in sweep.counts.tolist() if count)
    return (
        f"A sweep of {counted(sweep.points, 'points')}{over}{lengths}; {counts} disorder realizations at "
        "each point that is computed."
    )


def _facts(found: Gathered, there: int, wanted: int) -> list[tuple[str, str]]:
    status = found.status
    seeds = ", ".join(map(str, status.seeds))
    began, ended = times_of(found.header.attributes, status)
    told = [
        ("realizations, over all points", f"{there:,} of {wanted:,}"),
        ("blocks", f"{status.blocks_done:,} of {status.blocks:,}"),
        ("core time", f"{duration(status.core_seconds)} ({core_seconds(status.core_seconds)})"),
        ("wall time of its sessions", duration(found.wall_seconds) if found.wall_seconds else ""),
        ("begun", _time(began)),
        ("completed", _time(ended) if ended else ""),
        ("seed" if len(status.seeds) == 1 else "seeds", seeds),
        ("cluster", cluster_in(found).partition(" (")[0]),
        ("qtcore", versions_in(found).get("qtcore", "")),
    ]
    return [(name, value) for name, value in told if value]


def _time(text: str) -> str:
    """Return a time of a store (ISO 8601) to the second; as it is if it is none."""
    try:
        return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
    except (ValueError, OverflowError):
        return text


def _short(found: Gathered) -> list[tuple[str, int, int]]:
    """Return the points that lack realizations, in words, with what they have and shall have."""
    return [
        (", ".join(f"{n} {v:g}" for n, v in one.values.items()) or "–", one.finished, one.wanted)
        for one in found.status.points
        if one.finished < one.wanted
    ]


def _provenance(found: Gathered) -> list[tuple[str, str]]:
    definition, attributes = definition_in(found), found.header.attributes
    if definition.shipped:
        whose = f"the one that comes with this installation of qtcore, {definition.shipped}"
    elif definition.text:
        whose = "not one that comes with this installation of qtcore"
    else:
        whose = "the store holds no text of it"
    versions = versions_in(found)
    told = [
        ("definition", f"{definition.name}: {whose}"),
        ("definition, sha256", definition.digest),
        ("sweep, sha256", found.header.spec_hash),
        ("store, sha256", found.header.identity),
        ("store format", str(found.header.format)),
        ("packages", ", ".join(f"{name} {version}" for name, version in versions.items())),
        ("git revision of qtcore", str(attributes.get("git_revision") or "")),
        ("cluster", cluster_in(found)),
        ("begun", _time(found.status.created)),
        ("completed", _time(found.status.completed) if found.status.complete else "not yet"),
    ]
    return [(name, value) for name, value in told if value]
