"""What a schema lets pass in Kubernetes manifests although it is wrong: quantities, selectors, ports, keys of Secrets.

Each rule takes all manifests of a release and says in sentences what is wrong. ``RULES`` has them all.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

Manifest = dict[str, Any]
# Secret → its keys.
Secrets = Mapping[str, set[str]]

_QUANTITY = re.compile(r"^([0-9]+(?:\.[0-9]+)?)(m|k|M|G|T|Ki|Mi|Gi|Ti)?$")
_TIMES = {"": 1, "m": Decimal("0.001"), "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_TIMES |= {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40}
# A container of Python with less cannot start; one that asks for more fits no usual node.
_MEMORY = (16 * 2**20, 2**40)
_CPU = (Decimal("0.005"), 256)
_PROBES = ("startupProbe", "livenessProbe", "readinessProbe")


def name(manifest: Manifest) -> str:
    """Kind and name, for a sentence."""
    return f"{manifest['kind']} {manifest['metadata']['name']}"


def pods(manifests: list[Manifest]) -> Iterator[tuple[Manifest, Manifest]]:
    """Each workload with its pod template."""
    for manifest in manifests:
        if manifest["kind"] in ("Deployment", "StatefulSet", "DaemonSet", "Job"):
            yield manifest, manifest["spec"]["template"]
        elif manifest["kind"] == "CronJob":
            yield manifest, manifest["spec"]["jobTemplate"]["spec"]["template"]


def containers(pod: Manifest) -> list[Manifest]:
    """All of a pod template, those that run first too."""
    return [*pod["spec"].get("initContainers", []), *pod["spec"]["containers"]]


def of_kind(manifests: list[Manifest], kind: str) -> list[Manifest]:
    """Those of one kind."""
    return [manifest for manifest in manifests if manifest["kind"] == kind]


def selects(labels: Mapping[str, str], manifest: Manifest) -> bool:
    """Whether equal labels select what has this metadata."""
    return labels.items() <= (manifest["metadata"].get("labels") or {}).items()


def amount(quantity: object) -> Decimal | None:
    """A quantity in its unit (cores, bytes); None where it is none that people write."""
    found = _QUANTITY.match(str(quantity))
    return Decimal(found[1]) * _TIMES[found[2] or ""] if found else None


def quantities(manifests: list[Manifest], _: Secrets) -> Iterator[str]:
    """`512m` of memory is half a byte, `100mm` nothing, and a request above its limit is never scheduled."""
    for workload, pod in pods(manifests):
        for container in containers(pod):
            where, given = f"{name(workload)}, container {container['name']}", container.get("resources") or {}
            amounts = {
                (kind, what): (amount(quantity), quantity)
                for kind in ("requests", "limits")
                for what, quantity in (given.get(kind) or {}).items()
            }
            for (kind, what), (found, quantity) in amounts.items():
                least, most = _CPU if what == "cpu" else _MEMORY
                if found is None or not least <= found <= most:
                    yield f"{where}: {kind} of {what} are {quantity}"
                limit = amounts.get(("limits", what), (None, None))[0]
                if kind == "requests" and found is not None and limit is not None and found > limit:
                    yield f"{where}: it requests more {what} than its limit"
            for kind, what in (("requests", "cpu"), ("requests", "memory"), ("limits", "memory")):
                if (kind, what) not in amounts:
                    yield f"{where}: it has no {kind} of {what}"
        for volume in pod["spec"].get("volumes", []):
            size = (volume.get("emptyDir") or {}).get("sizeLimit")
            if size is not None and not _MEMORY[0] <= (amount(size) or 0) <= _MEMORY[1]:
                yield f"{name(workload)}, volume {volume['name']}: its size is {size}"


def selectors(manifests: list[Manifest], _: Secrets) -> Iterator[str]:
    """A Deployment selects its own pods and nobody else's; a Service and a budget select pods at all."""
    templates = list(pods(manifests))
    for workload, pod in templates:
        wanted = (workload["spec"].get("selector") or {}).get("matchLabels")
        if wanted is None:
            continue
        if not selects(wanted, pod):
            yield f"{name(workload)} does not select its own pods"
        for other, others in templates:
            if other is not workload and selects(wanted, others):
                yield f"{name(workload)} selects the pods of {name(other)}"
    for service in of_kind(manifests, "Service"):
        found = [workload for workload, pod in templates if selects(service["spec"]["selector"], pod)]
        if len(found) != 1:
            yield f"{name(service)} selects the pods of {len(found)} workloads"
    for budget in of_kind(manifests, "PodDisruptionBudget"):
        spec = budget["spec"]
        found = [workload for workload, pod in templates if selects(spec["selector"]["matchLabels"], pod)]
        if [workload["kind"] for workload in found] != ["Deployment"]:
            yield f"{name(budget)} is over {[name(workload) for workload in found]}"
        elif spec.get("maxUnavailable") in (0, "0%") or spec.get("minAvailable", 0) in (
            "100%",
            found[0]["spec"]["replicas"],
        ):
            yield f"{name(budget)} lets no node be drained"
    services = of_kind(manifests, "Service")
    for monitor in of_kind(manifests, "ServiceMonitor"):
        chosen = [s for s in services if selects(monitor["spec"]["selector"]["matchLabels"], s)]
        if len(chosen) != 1:
            yield f"{name(monitor)} selects {len(chosen)} Services"
        for endpoint in monitor["spec"]["endpoints"]:
            if any(endpoint["port"] not in {port["name"] for port in s["spec"]["ports"]} for s in chosen):
                yield f"{name(monitor)}: its Service has no port {endpoint['port']}"


def ports(manifests: list[Manifest], _: Secrets) -> Iterator[str]:
    """Ports by names or numbers that some container has."""

    def known(pod: Manifest) -> set[object]:
        listed = [port for container in pod["spec"]["containers"] for port in container.get("ports", [])]
        return {port["containerPort"] for port in listed} | {port.get("name") for port in listed}

    for workload, pod in pods(manifests):
        for container in containers(pod):
            own = {p.get(key) for p in container.get("ports", []) for key in ("name", "containerPort")}
            for probe in _PROBES:
                for way in ("httpGet", "tcpSocket", "grpc"):
                    port = ((container.get(probe) or {}).get(way) or {}).get("port")
                    if port is not None and port not in own:
                        yield f"{name(workload)}: {probe} asks port {port}, which {container['name']} does not have"
    for service in of_kind(manifests, "Service"):
        for _workload, pod in pods(manifests):
            if selects(service["spec"]["selector"], pod):
                for port in service["spec"]["ports"]:
                    if port.get("targetPort", port["port"]) not in known(pod):
                        yield f"{name(service)}: no container has port {port.get('targetPort', port['port'])}"
    for policy in of_kind(manifests, "NetworkPolicy"):
        for _workload, pod in pods(manifests):
            if selects(policy["spec"]["podSelector"].get("matchLabels", {}), pod):
                for rule in policy["spec"].get("ingress") or []:
                    for port in rule.get("ports", []):
                        if port["port"] not in known(pod):
                            yield f"{name(policy)} lets in at port {port['port']}, which no container has"


def policies(manifests: list[Manifest], _: Secrets) -> Iterator[str]:
    """A policy is over pods, every pod is under one, what has a port is let in there, and names are found."""
    found = of_kind(manifests, "NetworkPolicy")
    templates = list(pods(manifests))
    for policy in found:
        labels, spec = policy["spec"]["podSelector"].get("matchLabels", {}), policy["spec"]
        over = [pod for _, pod in templates if selects(labels, pod)]
        if not over:
            yield f"{name(policy)} is over no pod"
        out = {port["port"] for rule in spec.get("egress") or [] for port in rule.get("ports", [])}
        if "Egress" in spec.get("policyTypes", []) and 53 not in out:
            yield f"{name(policy)}: its pods find no names"
        let_in = {port["port"] for rule in spec.get("ingress") or [] for port in rule.get("ports", [])}
        for port in (p for pod in over for c in containers(pod) for p in c.get("ports", [])):
            if "Ingress" in spec.get("policyTypes", []) and not {port["containerPort"], port.get("name")} & let_in:
                yield f"{name(policy)} lets nobody in at port {port.get('name')}"
    if found:
        for workload, pod in templates:
            if not any(selects(p["spec"]["podSelector"].get("matchLabels", {}), pod) for p in found):
                yield f"{name(workload)} is under no NetworkPolicy"


def secrets(manifests: list[Manifest], given: Secrets) -> Iterator[str]:
    """Only keys of Secrets that somebody has said are there; and every mount has its volume."""
    for monitor in of_kind(manifests, "ServiceMonitor"):
        for endpoint in monitor["spec"]["endpoints"]:
            reference = (endpoint.get("authorization") or {}).get("credentials")
            if reference and reference["key"] not in given.get(reference["name"], ()):
                wanted = f"{reference['key']} of the Secret {reference['name']}"
                yield f"{name(monitor)} wants {wanted}, of which nobody has said that it is there"
    for workload, pod in pods(manifests):
        pairs = [
            (reference["name"], reference["key"])
            for container in containers(pod)
            for variable in container.get("env", [])
            if (reference := (variable.get("valueFrom") or {}).get("secretKeyRef"))
        ]
        volumes = {volume["name"]: volume for volume in pod["spec"].get("volumes", [])}
        for volume in volumes.values():
            if "secret" in volume:
                items = volume["secret"].get("items") or [{"key": None}]
                pairs += [(volume["secret"]["secretName"], item["key"]) for item in items]
        for secret, key in pairs:
            if secret not in given or (key is not None and key not in given[secret]):
                yield f"{name(workload)} wants {key} of the Secret {secret}, of which nobody has said that it is there"
        for container in containers(pod):
            names = Counter(variable["name"] for variable in container.get("env", []))
            for variable, times in names.items():
                if times > 1:
                    yield f"{name(workload)}: {container['name']} sets {variable} {times} times"
            for mount in container.get("volumeMounts", []):
                if mount["name"] not in volumes:
                    yield f"{name(workload)}: {container['name']} mounts {mount['name']}, which is no volume"


def confinement(manifests: list[Manifest], _: Secrets) -> Iterator[str]:
    """Not root, nothing writable, no capability, no token of Kubernetes."""
    for workload, pod in pods(manifests):
        spec = pod["spec"]
        outer = spec.get("securityContext") or {}
        if spec.get("automountServiceAccountToken") is not False:
            yield f"{name(workload)} has a token of Kubernetes"
        if not outer.get("runAsNonRoot") or not outer.get("runAsUser"):
            yield f"{name(workload)} may be root"
        if (outer.get("seccompProfile") or {}).get("type") != "RuntimeDefault":
            yield f"{name(workload)} has no seccomp profile"
        for container in containers(pod):
            inner = container.get("securityContext") or {}
            if (
                inner.get("allowPrivilegeEscalation") is not False
                or inner.get("readOnlyRootFilesystem") is not True
                or (inner.get("capabilities") or {}).get("drop") != ["ALL"]
            ):
                yield f"{name(workload)}: {container['name']} is not confined"
    for account in of_kind(manifests, "ServiceAccount"):
        if account.get("automountServiceAccountToken") is not False:
            yield f"{name(account)} hands out its token"


def names(manifests: list[Manifest], _: Secrets) -> Iterator[str]:
    """Each once, none too long, and every account that is named is there."""
    for what, times in Counter(map(name, manifests)).items():
        if times > 1:
            yield f"{what} is there {times} times"
    for manifest in manifests:
        # A CronJob adds eleven characters to its Jobs' names.
        if len(manifest["metadata"]["name"]) > (52 if manifest["kind"] == "CronJob" else 63):
            yield f"{name(manifest)}: the name is too long"
    accounts = {account["metadata"]["name"] for account in of_kind(manifests, "ServiceAccount")}
    for workload, pod in pods(manifests):
        account = pod["spec"].get("serviceAccountName")
        if account is not None and account not in accounts:
            yield f"{name(workload)} runs as {account}, which is not there"


RULES = (quantities, selectors, ports, policies, secrets, confinement, names)


def wrong(manifests: list[Manifest], given: Secrets) -> list[str]:
    """What all rules say of the manifests of one release.

    :param given: the Secrets that are there beside them, and their keys.
    """
    return [sentence for rule in RULES for sentence in rule(manifests, given)]
