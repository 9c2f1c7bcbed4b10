"""Run by the Python that has KServe and MLServer: prints the schemas that they publish, or asks a service by KServe's clients.

``of_protocol.py kserve`` and ``of_protocol.py mlserver`` print JSON: ``schemas``, and the descriptor of the gRPC service
in base64. Both call it ``inference``, so that a process can hold one of them. ``of_protocol.py ask HTTP GRPC TOKEN``
reads ``{input: [datatype, values]}`` and prints what each client was given.
"""

import asyncio
import base64
import json
import sys
from importlib import import_module, util
from pathlib import Path


def kserve():
    """The schemas of KServe's classes, and its descriptor."""
    models = import_module("kserve.protocol.rest.v2_datamodels")
    names = (
        "ServerLiveResponse", "ServerReadyResponse", "ServerMetadataResponse", "ModelMetadataResponse",
        "ModelReadyResponse", "InferenceRequest", "InferenceResponse",
    )  # fmt: skip
    schemas = {name: getattr(models, name).model_json_schema() for name in names}
    return schemas, import_module("kserve.protocol.grpc.grpc_predict_v2_pb2")


def mlserver():
    """MLServer's OpenAPI document, and its descriptor; the package itself is not imported, which would need its libraries."""
    folder = Path(util.find_spec("mlserver").origin).parent
    made = util.spec_from_file_location("dataplane_pb2", folder / "grpc" / "dataplane_pb2.py")
    module = util.module_from_spec(made)
    made.loader.exec_module(module)
    return json.loads((folder / "rest" / "openapi" / "dataplane.json").read_text()), module


async def ask(http, grpc, token):
    """What KServe's clients are given: scores, the version, whether the model is ready, and what a refusal says."""
    module = import_module("kserve")
    words = {"authorization": f"Bearer {token}"}
    columns, url = json.load(sys.stdin), f"http://127.0.0.1:{http}"

    def request(model="churn"):
        inputs = [
            module.InferInput(name, [len(values)], datatype, values) for name, (datatype, values) in columns.items()
        ]
        return module.InferRequest(model, inputs)

    said = {}
    rest = module.InferenceRESTClient(module.RESTConfig(protocol="v2"))
    # It has no place for a token where it asks whether a model is ready.
    said["ready"] = [await rest.is_server_live(url), await rest.is_server_ready(url)]
    answer = await rest.infer(url, request(), "churn", headers=words)
    said["rest"] = [answer.outputs[0].data, bool(answer.id)]
    try:
        await rest.infer(url, request("chern"), "chern", headers=words)
    except Exception as error:
        said["rest refused"] = str(error)
    first = module.InferenceRESTClient(module.RESTConfig(protocol="v1"))
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*(v for _, v in columns.values()), strict=True)]
    said["v1"] = (await first.infer(url, {"instances": rows}, "churn", headers=words))["predictions"]
    async with module.InferenceGRPCClient(f"127.0.0.1:{grpc}") as client:
        metadata = tuple(words.items())
        said["grpc ready"] = [await client.is_server_live(), await client.is_model_ready("churn", headers=metadata)]
        answer = await client.infer(request(), headers=metadata)
        said["grpc"] = [answer.outputs[0].as_numpy().tolist(), answer.model_version]
    await rest.close()
    await first.close()
    return said


if sys.argv[1] == "ask":
    print(json.dumps(asyncio.run(ask(*sys.argv[2:]))))
else:
    published, descriptor = {"kserve": kserve, "mlserver": mlserver}[sys.argv[1]]()
    print(json.dumps({"schemas": published, "file": base64.b64encode(descriptor.DESCRIPTOR.serialized_pb).decode()}))
