"""The manifest against the operator's own schema; no cluster runs it."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
import yaml

CLUSTER = Path(__file__).resolve().parents[2] / "cluster"

SCHEMA = "operator/deployment/helm/dask-kubernetes-operator/crds/daskcluster.yaml"


@pytest.fixture(scope="module")
def schema() -> dict[str, Any]:
    """The OpenAPI schema of a DaskCluster, every field of its pods included."""
    found = find_spec("dask_kubernetes")
    if found is None or found.origin is None:
        pytest.skip("needs the extra kubernetes")
    definition = yaml.safe_load((Path(found.origin).parent / SCHEMA).read_text())
    (version,) = definition["spec"]["versions"]
    return dict(closed(version["schema"]["openAPIV3Schema"]))


def closed(schema: Any) -> Any:
    """Refuse fields that the schema does not know; the API server would drop them in silence."""
    if isinstance(schema, list):
        return [closed(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    parts = {key: closed(part) for key, part in schema.items()}
    if isinstance(schema.get("properties"), dict) and "type" in schema:
        parts.setdefault("additionalProperties", False)
    return parts


def problems(schema: dict[str, Any], manifest: dict[str, Any]) -> list[str]:
    jsonschema = pytest.importorskip("jsonschema")
    # These two are the API server's own and not in the schema.
    spec = {"spec": manifest["spec"]}
    spec_only = {**schema, "required": ["spec"]}
    return [error.message for error in jsonschema.Draft7Validator(spec_only).iter_errors(spec)]


def test_the_manifest_is_a_daskcluster(schema: dict[str, Any]) -> None:
    manifest = yaml.safe_load((CLUSTER / "kubernetes" / "daskcluster.yaml").read_text())
    assert problems(schema, manifest) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda spec: spec["worker"].update(replica=3), "'replica' was unexpected"),
        (lambda spec: spec["worker"].update(replicas="three"), "'three' is not of type"),
        (lambda spec: spec.pop("scheduler"), "'scheduler' is a required property"),
        (lambda spec: spec["worker"]["spec"].update(volume=[]), "'volume' was unexpected"),
    ],
)
def test_the_schema_finds_mistakes(schema: dict[str, Any], change: Any, words: str) -> None:
    manifest = yaml.safe_load((CLUSTER / "kubernetes" / "daskcluster.yaml").read_text())
    change(manifest["spec"])
    assert any(words in problem for problem in problems(schema, manifest))
