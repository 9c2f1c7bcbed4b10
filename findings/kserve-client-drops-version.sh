#!/bin/sh
# kserve: InferenceRESTClient.infer returns an InferResponse whose model_version is None, whatever the server answered.
# The gRPC client of the same package returns it.
#
# Why one guesses otherwise: the class has the attribute, the protocol has the field, and InferResponse.from_rest and
# from_grpc fill it. The REST client reads by from_bytes, which leaves it out. Whoever writes the version down that
# scored each row, or compares a canary's answers by it, writes None without an error.
#
# Instead: read the header of the JSON yourself, ask over gRPC, or name the version in the path.
set -eu
tmp=$(mktemp -d); trap 'rm -rf "$tmp"' EXIT; cd "$tmp"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check kserve==0.21.0
venv/bin/python -W ignore - <<'PY'
import asyncio, json, sys
from importlib.metadata import version
import httpx
import kserve

print("kserve", version("kserve"))
ANSWER = {"model_name": "m", "model_version": "3", "id": "7",
          "outputs": [{"name": "y", "datatype": "FP64", "shape": [1], "data": [0.5]}]}
server = httpx.MockTransport(lambda _: httpx.Response(200, json=ANSWER))
client = kserve.InferenceRESTClient(kserve.RESTConfig(protocol="v2", transport=server))
request = kserve.InferRequest("m", [kserve.InferInput("x", [1], "FP64", [1.0])])
seen = asyncio.run(client.infer("http://server", request, "m"))
print("the server answers", json.dumps(ANSWER))
print("guess: model_version '3'; seen:", repr(seen.model_version), "beside", seen.id, seen.outputs[0].data)
other = kserve.InferResponse.from_rest(ANSWER)
print("InferResponse.from_rest of the same answer:", repr(other.model_version))
as_described = seen.model_version is None and other.model_version == "3" and seen.id == "7"
print("as described" if as_described else "CHANGED")
sys.exit(not as_described)
PY
