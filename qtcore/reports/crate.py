"""A run as a Workflow Run RO-Crate: one ZIP file with its definition, results, checks, figures and provenance.

Profile: https://w3id.org/ro/wfrun/workflow/0.5 (Workflow Run Crate), on RO-Crate 1.1.
"""

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

from rocrate.model.computerlanguage import ComputerLanguage
from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from qtcore._version import __version__
from qtcore.errors import InputError, writing_to
from qtcore.reports.gathered import Gathered
from qtcore.reports.page import page
from qtcore.reports.results_table import results_table
from qtcore.reports.tables import definition_in, versions_in
from qtcore.reports.times import times_of
from qtcore.results.check_words import checks_as_json
from qtcore.shown import without_nan
from qtcore.store.aside import written_whole
from qtcore.store.folder import Folder
from qtcore.store.place import Place
from qtcore.sweep.axes import STANDARD
from qtcore.sweep.durations import core_seconds
from qtcore.sweep.events import now
from qtcore.sweep.own_preset import own_preset

PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
"""What the crate conforms to."""

TERMS = "https://w3id.org/ro/terms/workflow-run/context"
"""Context of the terms of workflow runs."""

BIOSCHEMAS = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"

NO_LICENSE = "No licence is stated for this run. Ask its authors before you use it, or state one with --license."

SPDX = "https://spdx.org/licenses/"

SCHEMA = "http://schema.org/"

PACKAGES = "https://pypi.org/project/"


README = """# Run of {title}

{description}

- `report.html`: the run as one page; a browser opens it without a network
- `results.csv`: quantities with standard errors and intervals of 95 %
- `checks.json`: results beside theory
- `definition.py`: the definition of the run; read it before you run it
- `sweep.json`: the sweep, field by field
- `ro-crate-metadata.json`: all of this for programs (Workflow Run RO-Crate)

What the store did not hold is left out. Written by qtcore {version}.
"""


def write_crate(
    found: Gathered, path: Path, *, license_name: str = "", with_samples: bool = False
) -> None:
    """Write a run as an RO-Crate; the file is there whole or not at all.

    Parameters
    ----------
    found : Gathered
        What is known of the run.
    path : Path
        The file (.zip); one that is there is replaced.
    license_name : str
        SPDX identifier such as `CC-BY-4.0`, or a URL; the crate says that none is stated if left out.
    with_samples : bool
        Whether the store itself goes into the crate.

    Raises
    ------
    InputError
        If the store holds no text of a definition, which is the main entity of a crate.
    CannotWriteError
        If the disk does not take the file.
    """
    definition = definition_in(found)
    if not definition.text:
        raise InputError(
            f"{found.place} holds no text of its definition, which a Workflow Run RO-Crate describes the run "
            "of; `qtcore report` writes a page of such a store"
        )
    with writing_to(found.place), TemporaryDirectory(prefix="qtcore-crate-") as folder:
        crate = _Crate(found, Path(folder), with_samples=with_samples)
        crate.describe(license_name)
        with written_whole(path) as aside:
            # The library appends `.zip` to a name without it.
            packed = Path(crate.crate.write_zip(aside.with_name("crate.zip")))
            if with_samples:
                _add_samples(packed, found.place, crate.folder_of_samples)
            packed.replace(aside)


def _add_samples(packed: Path, place: Place, folder: str) -> None:
    """Put the objects of a store into a crate, one at a time; none through a link, and none outside."""
    with zipfile.ZipFile(packed, "a") as archive:
        archive.mkdir(folder)  # readers look for the folder itself too
        for key in place.keys(""):
            content = None if ".." in key.split("/") else place.get(key)
            if content is not None:
                archive.writestr(f"{folder}/{key}", content)


class _Crate:
    """A crate while it is put together; `folder` holds what goes into it."""

    def __init__(self, found: Gathered, folder: Path, *, with_samples: bool) -> None:
        self.found, self.folder, self.with_samples = found, folder, with_samples
        self.crate = ROCrate(version="1.1")
        self.crate.metadata.extra_contexts.append(TERMS)
        self.folder_of_samples = f"{found.place.name.removesuffix('.zarr')}.zarr"

    def describe(self, license_name: str) -> None:
        """Put all entities into the crate."""
        found, crate = self.found, self.crate
        status = found.status
        root = crate.root_dataset
        title = " ".join(
            filter(None, (status.workflow, own_preset(status.workflow, status.preset)))
        )
        root["name"] = f"Run of {title}"
        root["description"] = self._description()
        root["datePublished"] = now()
        root["license"] = self._license(license_name)
        root["conformsTo"] = [self._profile(address) for address in PROFILES]
        workflow = self._workflow()
        action = crate.add_action(
            workflow,
            identifier="#run",
            object=list(self._inputs(workflow)),
            result=list(self._results(workflow)),
            properties={
                "name": f"Run of {title}, seed {', '.join(map(str, status.seeds))}",
                "description": self._description(),
                "startTime": times_of(found.header.attributes, status)[0],
                **self._end(),
            },
        )
        root["mentions"] = action
        self._readme(title)

    def _readme(self, title: str) -> None:
        """Say in words what lies in the crate, for whoever unpacks it."""
        told = README.format(title=title, description=self._description(), version=__version__)
        self.crate.add_file(
            self._file("README.md", told.encode("utf-8", "replace")),
            "README.md",
            properties={
                "name": "README",
                "about": {"@id": "./"},
                "encodingFormat": "text/markdown",
            },
        )

    def _description(self) -> str:
        status = self.found.status
        there = sum(min(point.finished, point.wanted) for point in status.points)
        wanted = sum(point.wanted for point in status.points)
        return (
            f"A sweep of {self.found.sweep.points} points; {there:,} of {wanted:,} disorder realizations are "
            f"finished, which took {core_seconds(status.core_seconds)}."
        )

    def _end(self) -> dict[str, Any]:
        """Return how the run ended, if it has."""
        status = self.found.status
        if ended := times_of(self.found.header.attributes, status)[1]:
            return {"endTime": ended, "actionStatus": f"{SCHEMA}CompletedActionStatus"}
        if status.failures:
            ended = f"{SCHEMA}FailedActionStatus"
            said = status.failures[0]["error"]
            updated = str(self.found.header.attributes.get("updated") or status.created)
            return {"endTime": updated, "actionStatus": ended, "error": said}
        return {}  # it goes on, or somebody has stopped it

    def _license(self, name: str) -> Any:
        if not name:
            return NO_LICENSE
        address = name if "://" in name else f"{SPDX}{name}"
        about = {"@type": "CreativeWork", "name": name}
        return self.crate.add(ContextEntity(self.crate, address, properties=about))

    def _profile(self, address: str) -> ContextEntity:
        name, version = PROFILES[address]
        about = {"@type": "CreativeWork", "name": name, "version": version}
        return self.crate.add(ContextEntity(self.crate, address, properties=about))

    def _workflow(self) -> Any:
        """Return the definition as the main entity."""
        found, crate = self.found, self.crate
        definition, versions = definition_in(found), versions_in(found)
        language = ComputerLanguage(
            crate,
            identifier="#python",
            properties={
                "name": "Python",
                "alternateName": "Python",
                "url": {"@id": "https://www.python.org/"},
                "identifier": {"@id": "https://www.python.org/"},
                **({"version": versions["python"]} if "python" in versions else {}),
            },
        )
        crate.add(language)
        workflow = crate.add_workflow(
            self._file("definition.py", definition.text.encode("utf-8", "replace")),
            "definition.py",
            main=True,
            lang=language,
            properties={
                "name": found.sweep.workflow,
                "description": "The definition of the run, as its store keeps it.",
                "conformsTo": {"@id": BIOSCHEMAS},
                "sha256": definition.digest,
                "encodingFormat": "text/x-python",
                "softwareRequirements": [
                    self._software(name, version)
                    for name, version in versions.items()
                    if name != "python"
                ],
            },
        )
        if definition.shipped:
            workflow["version"] = versions.get("qtcore", __version__)
        return workflow

    def _software(self, name: str, version: str) -> ContextEntity:
        about = {"@type": "SoftwareApplication", "name": name}
        if version:
            about["softwareVersion"] = version
        address = f"#software-{name}"
        if name != "qtcore":
            address = about["url"] = f"{PACKAGES}{quote(name)}/"
        return self.crate.add(ContextEntity(self.crate, address, properties=about))

    def _inputs(self, workflow: Any) -> Iterator[Any]:
        """Yield what was swept and what was kept constant, each beside the parameter of the definition."""
        sweep = self.found.sweep
        for axis in sweep.axes:
            labels = [*axis.labels] or [f"{value:.12g}" for value in axis.values]
            values = [json.dumps(case) for case in axis.cases] or labels
            yield self._value(workflow, axis.name, values, axis.units, axis.long_name)
        for name, value in sweep.constants.items():
            about = STANDARD.get(name, {})
            yield self._value(
                workflow, name, [_text(value)], about.get("units", ""), about.get("long_name", "")
            )
        if sweep.lengths:
            lengths = [str(n) for n in sweep.lengths]
            yield self._value(workflow, "length", lengths, "slices", "lengths")
        most = [str(sweep.largest_count)]
        yield self._value(workflow, "realizations", most, "", "disorder realizations of a point")
        seeds = [str(seed) for seed in self.found.status.seeds]
        yield self._value(workflow, "seed", seeds, "", "seed of the disorder")

    def _value(self, workflow: Any, name: str, values: list[str], unit: str, meaning: str) -> Any:
        number = len(self.crate.get_by_type("FormalParameter"))
        parameter = self.crate.add_formal_parameter(
            name,
            "PropertyValue",
            identifier=f"#parameter-{number}",
            description=meaning or name,
            properties={"multipleValues": len(values) > 1},
        )
        workflow.append_to("input", parameter)
        about: dict[str, Any] = {
            "@type": "PropertyValue",
            "name": name,
            "value": values if len(values) > 1 else values[0],
            "exampleOfWork": parameter,
        }
        if unit and unit != "1":
            about["unitText"] = unit
        return self.crate.add(ContextEntity(self.crate, f"#value-{number}", properties=about))

    def _results(self, workflow: Any) -> Iterator[Any]:
        """Yield what came out, as files; and the store, in the crate or by reference."""
        found = self.found
        sheet = page(found).encode("utf-8", "replace")
        yield self._output(
            workflow, "report.html", sheet, "text/html", "report", "the run as one page"
        )
        if found.quantities:
            yield self._output(
                workflow,
                "results.csv",
                results_table(found.quantities).encode(),
                "text/csv",
                "results",
                "quantities with standard errors and intervals of 95 %",
            )
        if found.checks:
            told = json.dumps(without_nan(checks_as_json(found.checks)), indent=2)
            yield self._output(
                workflow,
                "checks.json",
                told.encode(),
                "application/json",
                "checks",
                "results beside theory, with what each check would notice",
            )
        for name, picture in (("figure", found.figure), ("timeline", found.timeline)):
            if picture is not None:
                yield self._output(
                    workflow,
                    f"{name}.{picture.kind}",
                    picture.content,
                    picture.media_type,
                    name,
                    " ".join(picture.paragraphs),
                )
        spec = json.dumps(found.header.spec, indent=2, sort_keys=True)
        about = "the sweep of the run, field by field"
        yield self._output(
            workflow, "sweep.json", spec.encode(), "application/json", "sweep", about
        )
        yield self._store(workflow)

    def _output(
        self, workflow: Any, name: str, content: bytes, kind: str, slot: str, meaning: str
    ) -> Any:
        parameter = self._slot(workflow, slot, "File", meaning, kind)
        return self.crate.add_file(
            self._file(name, content),
            name,
            properties={
                "name": slot,
                "description": meaning,
                "encodingFormat": kind,
                "contentSize": str(len(content)),
                "exampleOfWork": parameter,
            },
        )

    def _slot(self, workflow: Any, name: str, kind: str, meaning: str, media: str = "") -> Any:
        """Return an output of the definition."""
        parameter = self.crate.add_formal_parameter(
            name,
            kind,
            identifier=f"#output-{name}",
            description=meaning,
            properties={"encodingFormat": media} if media else {},
        )
        workflow.append_to("output", parameter)
        return parameter

    def _store(self, workflow: Any) -> Any:
        """Return the store: its samples in the crate, its URL, or what tells it from others."""
        place = self.found.place
        meaning = "every sample, as a Zarr group with named dimensions"
        about: dict[str, Any] = {
            "name": place.name,
            "description": f"The store of the run: {meaning}.",
            "identifier": f"sha256:{self.found.header.identity}",
            "exampleOfWork": self._slot(workflow, "store", "Dataset", meaning),
        }
        if self.with_samples:
            return self.crate.add_dataset(dest_path=f"{self.folder_of_samples}/", properties=about)
        # Where the store lies on the machine of its owner is nothing that others can use.
        address = "#store" if isinstance(place, Folder) else place.address
        return self.crate.add(
            ContextEntity(self.crate, address, properties={"@type": "Dataset", **about})
        )

    def _file(self, name: str, content: bytes) -> Path:
        path = self.folder / name
        path.write_bytes(content)
        return path


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)
