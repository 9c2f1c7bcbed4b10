"""What deploy/ starts is what the command line has, and what judges the manifests finds what is wrong."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy import command_lines, manifests

DEPLOY = Path(__file__).parents[2] / "deploy"
PROJECT = tomllib.loads((DEPLOY.parent / "pyproject.toml").read_text())["project"]
COMPOSE = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
CHART = DEPLOY / "helm" / "dbml"
SCHEMA = json.loads((CHART / "values.schema.json").read_text())


def said(lines: list[list[str]]) -> list[str]:
    return [sentence for words in lines if (sentence := command_lines.wrong(words))]


def test_compose_runs_what_there_is() -> None:
    lines = {
        name: [service["command"]]
        if "entrypoint" not in service
        else [words for line in service["entrypoint"] for words in command_lines.in_shell(line)]
        for name, service in COMPOSE["services"].items()
        if service["image"].startswith(("dbml:", "dbml-demo:"))
    }
    assert set(lines) == {"migrate", "demo", "worker", "token", "service", "metrics"}
    for found in lines.values():
        assert found and said(found) == []


def test_scripts_of_the_images_run_what_there_is() -> None:
    script = re.sub(r"^\s*#.*$", "", (DEPLOY / "images" / "install-dbml.sh").read_text(), flags=re.M)
    lines = list(command_lines.in_shell(script))
    assert {words[0] for words in lines} == {"install", "key"}
    assert said(lines) == []


def test_the_chart_gives_options_that_there_are() -> None:
    """Every option that a template writes, behind the command that it writes it for."""
    found = set()
    for file in (CHART / "templates").glob("*"):
        command = None
        for word in re.findall(r"^\s*- (--?[a-z-]+|install|worker|serve)$", file.read_text(), re.M):
            command = word if not word.startswith("-") else command
            found.add((command or "worker", word))
    options = [(command, word) for command, word in found if word.startswith("--")]
    assert ("serve", "--tokens") in options and ("worker", "--once") in options and len(options) > 10
    # Options that take a value are given one that is none; it is the option that counts here.
    for command, word in options:
        sentence = command_lines.wrong([command, word])
        assert sentence is None or "lacks its value" in sentence, sentence


def test_what_dbml_does_not_have_is_told() -> None:
    for words in (["work"], ["worker", "--one"], ["serve", "--port", "http"], ["metrics", "--port"], ["worker", "now"]):
        assert command_lines.wrong(words)
    assert command_lines.wrong(["serve", "--port=8080", "--tokens", "/x"]) is None


def test_the_constraints_are_ours() -> None:
    """Each package that dbml declares has a pin that it takes."""
    lines = (DEPLOY / "images" / "constraints.txt").read_text().splitlines()
    pins = dict(line.split("==") for line in lines if not line.startswith("#"))
    dockerfile = (DEPLOY / "images" / "Dockerfile").read_text()
    extras = re.findall(r"^ARG EXTRAS=(.*)$", dockerfile, re.M)[0].split(",")
    declared = [*PROJECT["dependencies"], *(line for e in extras for line in PROJECT["optional-dependencies"][e])]
    for requirement in map(Requirement, declared):
        if requirement.name != "dbml":
            assert requirement.specifier.contains(pins[canonicalize_name(requirement.name)]), requirement


def test_a_mounted_file_is_there() -> None:
    for source in (v.split(":")[0] for s in COMPOSE["services"].values() for v in s.get("volumes", [])):
        assert (DEPLOY / source).exists() if source.startswith(".") else source in COMPOSE["volumes"]


def test_the_chart_is_of_this_release() -> None:
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    assert chart["version"] == chart["appVersion"] == PROJECT["version"]
    assert (CHART / "files" / "dbml.rules.yml").read_text() == (DEPLOY / "prometheus" / "dbml.rules.yml").read_text()


def values(**changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((CHART / "values.yaml").read_text())
    for path, value in changes.items():
        *folders, last = path.split("__")
        inner = found
        for folder in folders:
            inner = inner[folder]
        inner[last] = value
    return found


def test_the_schema_takes_the_values_and_knows_each() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    for given in (values(), yaml.safe_load((DEPLOY / "cnpg" / "values.yaml").read_text())):
        jsonschema.validate(given, SCHEMA)
    assert set(values()) | {"global"} == set(SCHEMA["properties"])


@pytest.mark.parametrize(
    "changes",
    [
        {"worker__replica": 2},
        {"worker__replicas": 0},
        {"worker__resources": {"limits": {"memory": "512m"}}},
        {"worker__resources": {"requests": {"cpu": "100mm"}}},
        {"dsn__worker": {"secret": "", "key": "dsn"}},
        {"dsn__worker": {"value": "password=x"}},
        {"service__tokens": {"secret": "dbml-tokens"}},
        {"image__digest": "latest"},
    ],
    ids=str,
)
def test_the_schema_refuses(changes: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(values(**changes), SCHEMA)


LABELS = {"app": "shop", "part": "service"}
RELEASE = yaml.safe_load(f"""
- kind: ServiceAccount
  metadata: {{name: shop}}
  automountServiceAccountToken: false
- kind: Deployment
  metadata: {{name: service}}
  spec:
    replicas: 2
    selector: {{matchLabels: {LABELS}}}
    template:
      metadata: {{labels: {LABELS}}}
      spec:
        serviceAccountName: shop
        automountServiceAccountToken: false
        securityContext: {{runAsNonRoot: true, runAsUser: 10001, seccompProfile: {{type: RuntimeDefault}}}}
        containers:
          - name: service
            securityContext: {{allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: {{drop: [ALL]}}}}
            resources: {{requests: {{cpu: 100m, memory: 128Mi}}, limits: {{memory: 1Gi}}}}
            ports: [{{name: http, containerPort: 8080}}]
            readinessProbe: {{httpGet: {{path: /, port: http}}}}
            env: [{{name: DBML_DSN, valueFrom: {{secretKeyRef: {{name: dsn, key: dsn}}}}}}]
            volumeMounts: [{{name: tokens, mountPath: /etc/dbml}}]
        volumes: [{{name: tokens, secret: {{secretName: tokens, items: [{{key: tokens, path: tokens}}]}}}}]
- kind: Service
  metadata: {{name: shop, labels: {LABELS}}}
  spec: {{selector: {LABELS}, ports: [{{name: http, port: 80, targetPort: http}}]}}
- kind: PodDisruptionBudget
  metadata: {{name: service}}
  spec: {{maxUnavailable: 1, selector: {{matchLabels: {LABELS}}}}}
- kind: NetworkPolicy
  metadata: {{name: service}}
  spec:
    podSelector: {{matchLabels: {LABELS}}}
    policyTypes: [Ingress, Egress]
    ingress: [{{ports: [{{port: http}}]}}]
    egress: [{{ports: [{{port: 53}}, {{port: 5432}}]}}]
- kind: ServiceMonitor
  metadata: {{name: shop}}
  spec: {{selector: {{matchLabels: {LABELS}}}, endpoints: [{{port: http, authorization: {{credentials: {{name: dsn, key: dsn}}}}}}]}}
""")
SECRETS = {"dsn": {"dsn"}, "tokens": {"tokens"}}
ACCOUNT, DEPLOYMENT, SERVICE, BUDGET, POLICY, MONITOR = range(6)


def test_a_right_release_is_right() -> None:
    assert manifests.wrong(RELEASE, SECRETS) == []


def pod(release: list[Any]) -> Any:
    return release[DEPLOYMENT]["spec"]["template"]["spec"]


def container(release: list[Any]) -> Any:
    return pod(release)["containers"][0]


@pytest.mark.parametrize(
    "spoil, sentence",
    [
        (lambda r: container(r)["resources"]["requests"].update(cpu="100mm"), "requests of cpu are 100mm"),
        (lambda r: container(r)["resources"]["limits"].update(memory="512m"), "limits of memory are 512m"),
        (lambda r: container(r)["resources"]["requests"].update(memory="2Gi"), "requests more memory than its limit"),
        (lambda r: container(r)["resources"].pop("limits"), "no limits of memory"),
        (lambda r: r[DEPLOYMENT]["spec"]["selector"]["matchLabels"].update(part="x"), "does not select its own pods"),
        (lambda r: r[SERVICE]["spec"]["selector"].update(part="x"), "Service shop selects the pods of 0 workloads"),
        (
            lambda r: r[BUDGET]["spec"]["selector"]["matchLabels"].update(part="x"),
            "PodDisruptionBudget service is over []",
        ),
        (lambda r: r[BUDGET].update(spec={**r[BUDGET]["spec"], "maxUnavailable": 0}), "lets no node be drained"),
        (lambda r: r[POLICY]["spec"]["podSelector"]["matchLabels"].update(part="x"), "under no NetworkPolicy"),
        (lambda r: r[POLICY]["spec"].update(ingress=[{"ports": [{"port": "web"}]}]), "lets in at port web"),
        (lambda r: r[POLICY]["spec"].update(ingress=[]), "lets nobody in at port http"),
        (lambda r: r[POLICY]["spec"].update(egress=[]), "find no names"),
        (lambda r: r[SERVICE]["spec"]["ports"][0].update(targetPort="web"), "no container has port web"),
        (lambda r: container(r)["readinessProbe"]["httpGet"].update(port="web"), "asks port web"),
        (lambda r: r[MONITOR]["spec"]["endpoints"][0].update(port="metrics"), "its Service has no port metrics"),
        (lambda r: r[MONITOR]["spec"]["selector"]["matchLabels"].update(part="x"), "selects 0 Services"),
        (
            lambda r: container(r)["env"][0]["valueFrom"]["secretKeyRef"].update(key="uri"),
            "wants uri of the Secret dsn",
        ),
        (
            lambda r: r[MONITOR]["spec"]["endpoints"][0]["authorization"]["credentials"].update(key="x"),
            "wants x of the",
        ),
        (lambda r: pod(r)["volumes"][0]["secret"].update(secretName="other"), "wants tokens of the Secret other"),
        (lambda r: pod(r)["volumes"].clear(), "mounts tokens, which is no volume"),
        (lambda r: pod(r)["securityContext"].pop("runAsUser"), "may be root"),
        (lambda r: container(r)["securityContext"].pop("capabilities"), "is not confined"),
        (lambda r: pod(r).pop("automountServiceAccountToken"), "has a token of Kubernetes"),
        (lambda r: pod(r).update(serviceAccountName="other"), "runs as other, which is not there"),
        (lambda r: r.append(r[SERVICE]), "Service shop is there 2 times"),
    ],
)
def test_what_a_schema_lets_pass_is_found(spoil: Callable[[list[Any]], object], sentence: str) -> None:
    release = deepcopy(RELEASE)
    spoil(release)
    assert any(sentence in told for told in manifests.wrong(release, SECRETS))
