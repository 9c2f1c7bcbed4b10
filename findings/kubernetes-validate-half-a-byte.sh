#!/bin/sh
# kubernetes-validate 1.37, strict: a container that may use half a byte of memory, requests more of it than its
# limit, asks a port by a name that it does not have, and belongs to a Deployment that selects other pods, is valid.
#
# Why one guesses otherwise: the validation is against the API's own schemas, strict refuses a misspelt field, and
# the API server refuses such a Deployment. But to a schema a quantity is a string, whether 512m, 100mm or "lots",
# and it compares no two fields. `512m` is right for processors and read as 512 megabytes for memory.
#
# Instead: keep the validator for fields and types, and compare by rules of your own: quantities in their units,
# selectors with the labels of pods, names of ports with those of containers.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check kubernetes-validate==1.37.0
venv/bin/python - <<'PY'
import copy, sys
import kubernetes_validate as kv

right = {
    "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "shop"},
    "spec": {
        "selector": {"matchLabels": {"app": "shop"}},
        "template": {
            "metadata": {"labels": {"app": "shop"}},
            "spec": {"containers": [{
                "name": "shop", "image": "shop",
                "resources": {"requests": {"cpu": "100m", "memory": "128Mi"}, "limits": {"memory": "512Mi"}},
                "ports": [{"name": "http", "containerPort": 8080}],
                "livenessProbe": {"httpGet": {"path": "/", "port": "http"}},
            }]},
        },
    },
}

def container(d):
    return d["spec"]["template"]["spec"]["containers"][0]

spoilt = {
    "a misspelt field": lambda d: d["spec"].update(replica=2),
    "memory: 512m": lambda d: container(d)["resources"]["limits"].update(memory="512m"),
    "cpu: 100mm": lambda d: container(d)["resources"]["requests"].update(cpu="100mm"),
    "memory: lots": lambda d: container(d)["resources"]["requests"].update(memory="lots"),
    "a request above its limit": lambda d: container(d)["resources"]["requests"].update(memory="1Gi"),
    "a probe of a port that is not there": lambda d: container(d)["livenessProbe"]["httpGet"].update(port="web"),
    "a selector of other pods": lambda d: d["spec"]["selector"]["matchLabels"].update(app="other"),
}
print("kubernetes-validate", kv.latest_version())
passed = set()
for what, spoil in spoilt.items():
    deployment = copy.deepcopy(right)
    spoil(deployment)
    try:
        kv.validate(deployment, kv.latest_version(), strict=True)
        passed.add(what)
    except kv.ValidationError:
        pass
    print(f"guess: {what + ' is refused':52} seen: {'valid' if what in passed else 'refused'}")
as_described = passed == set(spoilt) - {"a misspelt field"}
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
