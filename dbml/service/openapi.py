"""What the service can be asked, as an OpenAPI document and as a page of it."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib.metadata import version
from typing import Any

import msgspec
from starlette.routing import Route

from dbml.service import protocol

# The end of a path → what it takes and what it answers.
_BODIES: dict[str, tuple[type | None, type | None]] = {
    "/infer": (protocol.InferRequest, protocol.InferResponse),
    ":predict": (protocol.Instances, protocol.Predictions),
    "/v2": (None, protocol.ServerMetadata),
    "/v2/models/{model}": (None, protocol.ModelMetadata),
    "/versions/{version}": (None, protocol.ModelMetadata),
}
_REFUSALS = {
    400: "The request does not fit the model, or the protocol.",
    401: "A token is needed, or has expired.",
    403: "The token's role may not do this in the database.",
    404: "There is no such model, version or row.",
    413: "The body or the rows are too many.",
    503: "The database cannot be reached, or the service is busy.",
    504: "It took too long.",
}


def document(routes: Sequence[Route]) -> dict[str, Any]:
    """Describe these routes."""
    bodies = [part for pair in _BODIES.values() for part in pair if part] + [protocol.Failure]
    schemas, components = msgspec.json.schema_components(bodies, ref_template="#/components/schemas/{name}")
    schema = dict(zip(bodies, schemas, strict=True))
    paths: dict[str, Any] = {}
    for route in routes:
        taken, given = next(
            (pair for end, pair in _BODIES.items() if route.path.endswith(end) and not route.path.startswith("/v1/m")),
            (None, None),
        )
        if route.path.endswith(":predict"):
            taken, given = _BODIES[":predict"]
        handler: Any = route.endpoint
        said: dict[str, Any] = {
            "summary": handler.__doc__ or "",
            "parameters": _parameters(route.path),
            "responses": {},
        }
        said["responses"]["200"] = {"description": "Done.", **({"content": _json(schema[given])} if given else {})}
        for status, meaning in _REFUSALS.items():
            said["responses"][str(status)] = {"description": meaning, "content": _json(schema[protocol.Failure])}
        if taken:
            said["requestBody"] = {"required": True, "content": _json(schema[taken])}
        for method in (route.methods or set()) - {"HEAD"}:
            paths.setdefault(route.path, {})[method.lower()] = said
    return {
        "openapi": "3.1.0",
        "info": {"title": "dbml", "version": version("dbml"), "description": "Scores from the database."},
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "security": [{"token": []}, {}],
    }


def _parameters(path: str) -> list[dict[str, Any]]:
    return [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in ("model", "version")
        if "{" + name + "}" in path
    ]


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def page(described: dict[str, Any]) -> str:
    """The document to be read by people: no script, and nothing from elsewhere."""
    rows = "".join(
        f"<tr><td>{escape(method.upper())}<td><code>{escape(path)}</code><td>{escape(said['summary'])}"
        for path, methods in described["paths"].items()
        for method, said in methods.items()
    )
    refusals = "".join(f"<tr><td>{status}<td>{escape(meaning)}" for status, meaning in _REFUSALS.items())
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>dbml</title>'
        "<style>body{font:16px sans-serif;margin:2em auto;max-width:60em}td{padding:.2em 1em .2em 0}</style>"
        "<h1>dbml: scores from the database</h1>"
        "<p>This service speaks the Open Inference Protocol, version 2. Inputs are a model's features by name, or the "
        "key of its profile; the output is called <code>score</code>. The forms of requests and answers stand in "
        "<a href='/openapi.json'>openapi.json</a>.</p>"
        f"<table>{rows}</table><h2>Refusals</h2><table>{refusals}</table>"
    )
