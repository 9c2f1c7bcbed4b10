"""Renders the chart with helm in several ways, and judges what comes out; see README.md for what it needs."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import kubernetes_validate
import yaml

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

from deploy import command_lines, manifests  # noqa: E402

CHART = HERE / "helm" / "dbml"
SECRETS = {"dbml-admin": {"dsn"}, "dbml-worker": {"dsn"}, "dbml-gate": {"dsn"}, "dbml-metrics": {"dsn"}}
SECRETS |= {"dbml-tokens": {"tokens"}, "kafka": {"url"}, "ca": {"ca.crt"}, "mail": {"password"}, "scrape": {"token"}}
PEER = [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "shop"}}}]
EVERYTHING: dict[str, Any] = {
    "image": {"repository": "registry.example:5000/dbml", "digest": f"sha256:{'0' * 64}"},
    "imagePullSecrets": [{"name": "pull"}],
    "migrations": {"pythonPath": "/opt/dbml/packages"},
    "worker": {
        "replicas": 3,
        "keepLog": "90 days",
        "tell": ["smtp://dbml:$(PASSWORD)@mail:587?to=ann@example.org", "alertmanager+http://alertmanager:9093"],
        "publishTo": {"secret": "kafka"},
        "args": ["--traces-to", "grpc://collector:4317"],
        "env": [{"name": "PASSWORD", "valueFrom": {"secretKeyRef": {"name": "mail", "key": "password"}}}],
    },
    "service": {"grpc": True, "maxRows": 2000000, "timeoutSeconds": 2.5, "env": [{"name": "LANG", "value": "C.UTF-8"}]},
    "metrics": {
        "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}, "token": {"secret": "scrape"}},
        "prometheusRule": {"enabled": True, "labels": {"release": "prometheus"}},
    },
    "networkPolicy": {
        "database": {"port": 6432, "peers": PEER},
        "clients": PEER,
        "prometheus": PEER,
        "workerEgress": [{"ports": [{"port": 9092, "protocol": "TCP"}], "to": PEER}],
    },
    "volumes": [{"name": "ca", "secret": {"secretName": "ca"}}],
    "volumeMounts": [{"name": "ca", "mountPath": "/etc/ca", "readOnly": True}],
    "nodeSelector": {"kubernetes.io/os": "linux"},
    "tolerations": [{"key": "models", "operator": "Exists"}],
    "podAnnotations": {"example.org/team": "models"},
    "priorityClassName": "high",
}
CRON: dict[str, Any] = {
    "worker": {
        "as": "cronjobs",
        "cronJobs": [
            {"name": "all", "schedule": "*/5 * * * *", "duties": []},
            {"name": "windows", "schedule": "* * * * *", "duties": ["windows", "advance"]},
        ],
    }
}
WAYS: dict[str, dict[str, Any]] = {
    "as it is": {},
    "everything": EVERYTHING,
    "cron": CRON,
    "everything, cron": {**EVERYTHING, "worker": {**EVERYTHING["worker"], **CRON["worker"]}},
    "the service alone": {
        "worker": {"enabled": False},
        "metrics": {"enabled": False},
        "migrations": {"enabled": False},
    },
    "beside the cluster of CloudNativePG": yaml.safe_load((HERE / "cnpg" / "values.yaml").read_text()),
    "nothing around": {"podDisruptionBudget": {"enabled": False}, "networkPolicy": {"enabled": False}},
}
# What the schema of the values, or the chart, must refuse.
REFUSED: list[dict[str, Any]] = [
    {"worker": {"replica": 2}},
    {"worker": {"resources": {"limits": {"memory": "512m"}}}},
    {"worker": {"resources": {"requests": {"cpu": "100mm"}}}},
    {"dsn": {"worker": {"secret": "", "key": "dsn"}}},
    {"service": {"tokens": {"secret": ""}}},
    {"image": {"digest": "latest"}},
    {"worker": {"as": "cron"}},
    {"networkPolicy": {"clients": PEER}, "metrics": {"serviceMonitor": {"token": {"secret": "scrape"}}}},
]


def helm(verb: str, words: list[str], values: dict[str, Any]) -> subprocess.CompletedProcess[str]:
    """Run helm with values."""
    command = ["helm", verb, *words, "--namespace", "shop", "--values", "-"]
    return subprocess.run(command, input=json.dumps(values), capture_output=True, text=True)


def strict(schema: Any) -> Any:
    """A CRD's schema that refuses fields which it does not name, as `kubectl --validate=strict` does."""
    if isinstance(schema, list):
        return [strict(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    made = {key: strict(part) for key, part in schema.items()}
    if "properties" in schema and not schema.get("x-kubernetes-preserve-unknown-fields"):
        made.setdefault("additionalProperties", False)
    if schema.get("x-kubernetes-int-or-string"):
        made.pop("type", None)
    return made


def crds(folder: Path) -> dict[tuple[str, str], Any]:
    """(apiVersion, kind) → schema, of the CRDs that lie in a folder."""
    found = {}
    for file in folder.glob("*.yaml"):
        crd = yaml.safe_load(file.read_text())
        for version in crd["spec"]["versions"]:
            schema = strict(version["schema"]["openAPIV3Schema"])
            schema["properties"]["metadata"] = {"type": "object"}
            found[f"{crd['spec']['group']}/{version['name']}", crd["spec"]["names"]["kind"]] = schema
    return found


def by_schema(manifest: dict[str, Any], known: dict[tuple[str, str], Any], kubernetes: str) -> list[str]:
    """What the schema of a manifest's kind says."""
    kind = manifest["apiVersion"], manifest["kind"]
    what = manifests.name(manifest)
    if kind in known:
        found = jsonschema.Draft7Validator(known[kind]).iter_errors(manifest)
        return [f"{what}: {error.json_path}: {error.message[:200]}" for error in found]
    try:
        kubernetes_validate.validate(manifest, kubernetes, strict=True)
    except kubernetes_validate.ValidationError as error:
        return [f"{what}: {error.message[:200]}"]
    except kubernetes_validate.SchemaNotFoundError:
        return [f"{what}: there is no schema of {kind[0]}; --crds names a folder with such"]
    return []


def by_us(found: list[dict[str, Any]]) -> list[str]:
    """What our own rules say of a release."""
    said = manifests.wrong(found, SECRETS)
    for workload, pod in manifests.pods(found):
        for container in manifests.containers(pod):
            sentence = command_lines.wrong(container["args"])
            if sentence:
                said.append(f"{manifests.name(workload)}: {sentence}")
    rules = yaml.safe_load((HERE / "prometheus" / "dbml.rules.yml").read_text())
    said += [
        f"{manifests.name(r)} has other rules" for r in manifests.of_kind(found, "PrometheusRule") if r["spec"] != rules
    ]
    return said


def main() -> None:
    """Say what is wrong, and exit with 1."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--crds", type=Path, required=True, help="folder with the CRDs of Prometheus' and CloudNativePG's operators"
    )
    parser.add_argument("--kubernetes", default=kubernetes_validate.latest_version(), help="version of the API")
    chosen = parser.parse_args()
    known, said = crds(chosen.crds), []
    for way, values in WAYS.items():
        linted = helm("lint", [str(CHART), "--strict"], values)
        rendered = helm("template", ["shop", str(CHART)], values)
        for run in (linted, rendered):
            if run.returncode:
                said.append(f"{way}: {run.stdout}{run.stderr}")
        found = [manifest for manifest in yaml.safe_load_all(rendered.stdout) if manifest]
        print(f"{way}: {len(found)} manifests, {', '.join(sorted({m['kind'] for m in found}))}")
        said += [f"{way}: {s}" for m in found for s in by_schema(m, known, chosen.kubernetes)]
        said += [f"{way}: {s}" for s in by_us(found)]
    said += [
        f"the values {values} are not refused"
        for values in REFUSED
        if not helm("template", ["shop", str(CHART)], values).returncode
    ]
    for file in sorted((HERE / "cnpg").glob("cluster*.yaml")):
        found = [manifest for manifest in yaml.safe_load_all(file.read_text()) if manifest]
        print(f"{file.name}: {', '.join(map(manifests.name, found))}")
        said += [f"{file.name}: {s}" for m in found for s in by_schema(m, known, chosen.kubernetes)]
    print("\n".join(said) or "nothing is wrong")
    sys.exit(bool(said))


if __name__ == "__main__":
    main()
