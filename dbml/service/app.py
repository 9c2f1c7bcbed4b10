"""The application: routes of the Open Inference Protocol, and of version 1 beside it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import wraps
from importlib.metadata import version
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from dbml.service import answers, measures, openapi, protocol
from dbml.service.operating import Page
from dbml.service.protocol import Failure, Instances, Predictions, ServerMetadata, read
from dbml.service.refusal import Refusal, refused
from dbml.service.rows import of_instances, of_request
from dbml.service.scoring import Scoring
from dbml.service.settings import Settings, from_environment
from dbml.service.tokens import Tokens
from dbml.service.tracing import Tracing

# What the client has written before here is to be read.
READ_AFTER = "dbml-read-after"
HEADER_LENGTH = "inference-header-content-length"
EXTENSIONS = ["binary_tensor_data"]

_log = logging.getLogger("dbml.service")


def json(content: Any, status: int = 200) -> Response:
    """Answer with JSON; what is None is left out."""
    return Response(protocol.encode(content), status, media_type="application/json")


def failed(error: Exception) -> Response:
    """Answer as the protocol has errors."""
    if isinstance(error, HTTPException):
        return json(Failure(f"{error.detail}: the page /docs lists what there is"), error.status_code)
    refusal = refused(error)
    if refusal.status == 500:
        _log.error("%s", refusal.sentence, exc_info=error)
    return json(Failure(refusal.sentence), refusal.status)


@dataclass
class Service:
    """What the routes need: who is asking, and what the database answers."""

    settings: Settings
    tokens: Tokens | None
    scoring: Scoring

    def role(self, request: Request) -> str | None:
        """Whose rights count; None: those of the role that the service logs in as."""
        return self.tokens.role(request.headers.get("authorization")) if self.tokens else None

    async def body(self, request: Request) -> bytes:
        """Read the body, and no more than is allowed.

        :raises Refusal: it is too large, or packed.
        """
        if request.headers.get("content-encoding", "identity") != "identity":
            raise Refusal(415, "the body is compressed; send it as it is")
        most, parts, size = self.settings.body, [], 0
        declared = request.headers.get("content-length", "")
        async for part in request.stream():
            size += len(part)
            if size > most or (declared.isdigit() and int(declared) > most):
                raise Refusal(413, f"the body has more than {most} bytes; send the rows in several requests")
            parts.append(part)
        return b"".join(parts)

    async def live(self, _request: Request) -> Response:
        """Say that the service runs."""
        return json({"live": True})

    async def ready(self, _request: Request) -> Response:
        """Say whether the database can be asked."""
        return json({"ready": True}) if await self.scoring.ready() else json({"ready": False}, 503)

    async def about(self, _request: Request) -> Response:
        """Say what the service is."""
        return json(ServerMetadata("dbml", version("dbml"), EXTENSIONS))

    async def metrics(self, request: Request) -> Response:
        """Tell what was asked and how long it took, of all processes."""
        self.role(request)
        return Response(measures.exposition(), headers={"Content-Type": measures.MEDIA_TYPE})

    async def metadata(self, request: Request) -> Response:
        """Describe a model."""
        role = self.role(request)
        interface = await self.scoring.interface(role, label(request), anew=True)
        return json(interface.metadata(await self.scoring.versions(role, interface.name)))

    async def model_ready(self, request: Request) -> Response:
        """Say whether a model serves, or a version is there."""
        interface = await self.scoring.interface(self.role(request), label(request), anew=True)
        return json({"name": interface.name, "ready": True})

    async def infer(self, request: Request) -> Response:
        """Score the rows of a request."""
        role, body = self.role(request), memoryview(await self.body(request))
        given = request.headers.get(HEADER_LENGTH)
        length = len(body) if given is None else int(given) if given.isdigit() else -1
        if not 0 <= length <= len(body):
            raise Refusal(400, f"Inference-Header-Content-Length is {given}; the body has {len(body)} bytes")
        asked = read(protocol.INFER_REQUEST, body[:length])
        wanted = answers.wanted(asked)
        scored = await self.scoring.score(
            role,
            label(request),
            lambda interface: of_request(interface, asked, body[length:], self.settings.rows),
            request.headers.get(READ_AFTER),
        )
        head, binary = answers.of(asked, wanted, scored)
        if not binary:
            return Response(head, media_type="application/json")
        return Response(
            head + binary,
            headers={"Inference-Header-Content-Length": str(len(head))},
            media_type="application/octet-stream",
        )

    async def predict(self, request: Request) -> Response:
        """Score rows as version 1 has them."""
        role = self.role(request)
        asked: Instances = read(protocol.INSTANCES, await self.body(request))
        scored = await self.scoring.score(
            role,
            label(request),
            lambda interface: of_instances(interface, asked, self.settings.rows),
            request.headers.get(READ_AFTER),
        )
        return Response(msgspec.json.encode(Predictions(scored.scores)), media_type="application/json")

    async def model_ready_1(self, request: Request) -> Response:
        """Say whether a model serves, as version 1 does."""
        interface = await self.scoring.interface(self.role(request), label(request), anew=True)
        return json({"name": interface.name, "ready": "True"})


def label(request: Request) -> str:
    """The model of a path, with its version where the path has one."""
    name, number = request.path_params["model"], request.path_params.get("version")
    return f"{name}@{number}" if number else str(name)


Handler = Callable[[Request], Awaitable[Response]]


def _guarded(handler: Handler, timeout: float, tracing: Tracing) -> Handler:
    """End a request that takes too long, answer what it refuses, measure and trace it."""

    async def answer(request: Request) -> Response:
        try:
            async with asyncio.timeout(timeout):
                return await handler(request)
        except TimeoutError:
            return failed(Refusal(504, f"the request took longer than {timeout:g} seconds; send fewer rows"))
        except Exception as error:
            return failed(error)

    @wraps(handler)
    async def guarded(request: Request) -> Response:
        name = handler.__name__
        with measures.request(name) as measured, tracing.request(name, request.headers, measured):
            response = await answer(request)
            measured.status = response.status_code
            return response

    return guarded


def create(settings: Settings | None = None) -> Starlette:
    """Make the application; a server's processes call it without settings."""
    settings = settings or from_environment()
    tracing = Tracing(settings.traces_to)
    service = Service(settings, Tokens(settings.token_file) if settings.token_file else None, Scoring(settings))

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await service.scoring.open()
        if settings.grpc_port is None:
            yield
        else:
            from dbml.service import rpc  # another extra

            server = await rpc.start(settings, service.tokens, service.scoring, tracing)
            yield
            await rpc.stop(server)
        await service.scoring.close()
        tracing.close()

    def route(path: str, handler: Handler, method: str = "GET") -> Route:
        return Route(path, _guarded(handler, settings.timeout, tracing), methods=[method])

    routes = [
        route("/v2/health/live", service.live),
        route("/v2/health/ready", service.ready),
        route("/v2", service.about),
        route("/metrics", service.metrics),
    ]
    for model in ("/v2/models/{model}", "/v2/models/{model}/versions/{version}"):
        routes += [
            route(model, service.metadata),
            route(f"{model}/ready", service.model_ready),
            route(f"{model}/infer", service.infer, "POST"),
        ]
    for model in ("/v1/models/{model}", "/v1/models/{model}/versions/{version}"):
        # The longer path first, or the name would take the verb with it.
        routes += [route(f"{model}:predict", service.predict, "POST"), route(model, service.model_ready_1)]
    desk = Page(settings, service.tokens, service.scoring)
    described = openapi.document(routes)
    routes += [
        Route("/openapi.json", lambda _: json(described)),
        Route("/docs", lambda _: HTMLResponse(openapi.page(described))),
        Route("/operator", desk.show),
        Route("/operator", desk.act, methods=["POST"]),
        Route("/operator/confirm", desk.confirm),
    ]

    async def http_error(_request: Request, error: Exception) -> Response:
        return failed(error)

    return Starlette(routes=routes, lifespan=lifespan, exception_handlers={HTTPException: http_error})
