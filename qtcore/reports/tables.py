"""What stands in the tables of a report: texts in rows, made from what was gathered."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from qtcore.errors import brief
from qtcore.reports.gathered import Gathered
from qtcore.results.check import Check
from qtcore.results.check_words import deviation_text, interval_text, power_text, result_text
from qtcore.store.document import parsed
from qtcore.sweep.axes import STANDARD
from qtcore.sweep.trusted import digest_of
from qtcore.trust import shipped_name
from qtcore.workflow.swept_defaults import defaults_in

MOST_VALUES = 12
"""Values of an axis that are written out."""


@dataclass(frozen=True)
class CheckRow:
    """A check as a row of texts.

    Attributes
    ----------
    mark : str
        "passed", "weak", "failed" or "not made".
    name, result, theory, deviation, notices, source : str
        Its cells.
    """

    mark: str
    name: str
    result: str
    theory: str
    deviation: str
    notices: str
    source: str


def check_rows(checks: Sequence[Check]) -> list[CheckRow]:
    """Return the rows of the table of checks."""
    return [_row(check) for check in checks]


def _row(check: Check) -> CheckRow:
    unit = f" {check.unit}" if check.unit else ""
    if check.reason:
        return CheckRow("not made", check.name, "–", "–", check.reason, "", check.source)
    band = f" ± {check.tolerance:.2g}" if check.tolerance else ""
    good = "weak" if check.is_weak else "passed"
    return CheckRow(
        good if check.passed else "failed",
        check.name,
        f"{result_text(check)}{interval_text(check.lower, check.upper)}{unit}",
        f"{check.expected:.4g}{band}{unit}",
        deviation_text(check),
        power_text(check),
        check.source,
    )


def spec_rows(found: Gathered) -> list[tuple[str, str, str, str]]:
    """Return name, values, unit and meaning of axes, constants and everything else that decides numbers."""
    sweep = found.sweep
    rows = []
    for axis in sweep.axes:
        # A store appends new values of an axis; whoever reads it finds them in order.
        labels = [*axis.labels] or [f"{value:.6g}" for value in sorted(axis.values)]
        unit = "" if axis.units == "1" else axis.units
        rows.append((axis.name, _few(labels), unit, axis.long_name or "axis"))
        for number, case in axis.by_number.items():
            words = ", ".join(f"{key} = {brief(value)}" for key, value in case.items())
            rows.append((f"{axis.name} {number}", words, "", "case"))
    for name, value in sweep.constants.items():
        about = STANDARD.get(name, {})
        meaning = str(about.get("long_name", "")) or "constant"
        rows.append((name, brief(value), str(about.get("units", "")), f"{meaning}, kept constant"))
    for name, text in defaults_in(found.header.attributes.get("definition_source")).items():
        about = STANDARD.get(name, {})
        meaning = f"{about['long_name']}, default" if about else "default"
        rows.append((name, text, str(about.get("units", "")), f"{meaning} of the swept function"))
    if sweep.lengths:
        rows.append(("length", _few([f"{n}" for n in sweep.lengths]), "slices", "lengths"))
    counts = sorted(set(sweep.counts.tolist()))
    many = f"{counts[0]:,} to {counts[-1]:,}" if len(counts) > 1 else f"{counts[0]:,}"
    rows.append(("realizations", many, "per point", "disorder realizations"))
    seeds = ", ".join(map(str, found.status.seeds))
    rows.append(("seed", seeds, "", "same seed, same bits"))
    stored = ", ".join(variable.name for variable in sweep.outputs)
    rows.append(("stored", stored, "", "what each realization leaves in the store"))
    if found.status.precision:
        rows.append(("precision", found.status.precision, "", "goal that realizations pursue"))
    common = _listed_in(found.header.attributes.get("common_disorder"))
    if common:
        rows.append(("common disorder", ", ".join(common), "", "axes along which points share it"))
    return rows


def _few(values: Sequence[str]) -> str:
    if len(values) <= MOST_VALUES:
        return ", ".join(values)
    return f"{', '.join(values[: MOST_VALUES - 2])}, …, {values[-1]} ({len(values)} values)"


def _listed_in(text: Any) -> list[str]:
    try:
        found = json.loads(str(text or "[]"))
    except ValueError:
        return []
    return [str(one) for one in found] if isinstance(found, list) else []


@dataclass(frozen=True)
class Definition:
    """The definition of the last run, as its store keeps it.

    Attributes
    ----------
    name, text, digest : str
        Name of the workflow, text, and its digest (sha256, hex); texts are empty if the store holds none.
    shipped : str
        Name of the definition of this installation that has the same text; "" if none has.
    """

    name: str
    text: str
    digest: str
    shipped: str


def definition_in(found: Gathered) -> Definition:
    """Return the definition of a store; nothing of it is executed."""
    text = found.header.attributes.get("definition_source")
    name = found.sweep.workflow
    if not isinstance(text, str) or not text:
        return Definition(name, "", "", "")
    return Definition(name, text, digest_of(text), shipped_name(text))


def versions_in(found: Gathered) -> dict[str, str]:
    """Return the versions of packages that the numbers passed through, by package."""
    stored = parsed(str(found.header.attributes.get("versions") or "{}").encode())
    return {str(name): str(version) for name, version in stored.items()}


def cluster_in(found: Gathered) -> str:
    """Return the profile of the cluster of the last run, in words."""
    try:
        stored = parsed(str(found.header.attributes.get("cluster") or "{}").encode())
    except ValueError:
        return ""
    kind = stored.pop("kind", "")
    told = ", ".join(f"{name} {value}" for name, value in stored.items() if value not in ("", None))
    return f"{kind} ({told})" if kind and told else str(kind)
