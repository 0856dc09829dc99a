"""The paths of the service, its limits, and what OpenAPI says of them."""

import asyncio
import time
import traceback
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi_swagger import patch_fastapi
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.types import ASGIApp, Message, Receive, Scope, Send

import nndsl
from nndsl.diagnostics import Diagnostic, UserError, as_json
from nndsl.predictions import Predictions
from nndsl.serving import pages
from nndsl.serving.measures import Measures
from nndsl.serving.rows import WrongRequest
from nndsl.serving.schema import Schema, example
from nndsl.serving.service import JSON, Service, UnknownMedia

MOST_WAITING = 64
"""A request that comes while so many wait is sent away."""
PATIENCE = 30.0
"""Seconds in which a body has to come."""


class Refusal(Exception):
    """A request is not answered."""

    def __init__(self, status: int, *diagnostics: Diagnostic, headers: dict[str, str] | None = None):
        super().__init__(status)
        self.status, self.diagnostics, self.headers = status, diagnostics, headers


def app(service: Service, most_bytes: int) -> FastAPI:
    """The service as an ASGI application.

    Args:
        most_bytes: how large a body may be.
    """
    made = FastAPI(
        title=f"{service.name}, served by nndsl", version=nndsl.__version__, description=pages.description(service),
        docs_url=None, redoc_url=None, swagger_ui_oauth2_redirect_url=None,
    )
    patch_fastapi(made, redirect_from_root_to_docs=False, swagger_ui_parameters={"tryItOutEnabled": True})
    measures = Measures(service)
    desk = _Desk(service, most_bytes, measures)
    made.add_exception_handler(Refusal, _refused)
    made.add_middleware(_Counted, measures=measures)
    made.get("/", include_in_schema=False)(desk.home)
    made.post("/predict", summary="What the network says of some rows", openapi_extra=_body(service), responses=_answers(service))(desk.predict)
    made.get("/health", summary="Whether it is ready for requests", responses={503: {"description": "Too many requests wait"}})(desk.health)
    made.get("/metrics", summary="Counts and times, for Prometheus", responses={200: {"content": {"text/plain": {}}}})(desk.metrics)
    return made


class _Desk:
    """Where requests come in."""

    def __init__(self, service: Service, most_bytes: int, measures: Measures):
        self._service, self._most, self._measures = service, most_bytes, measures
        self._waiting = 0

    async def home(self, request: Request) -> HTMLResponse:
        return HTMLResponse(pages.home(self._service, str(request.base_url)))

    async def health(self) -> JSONResponse:
        ready = self._waiting < MOST_WAITING
        told = {"status": "ready" if ready else "busy", "training": self._service.name, "network": self._service.asked.network}
        return JSONResponse({**told, "waiting": self._waiting}, 200 if ready else 503)

    async def metrics(self) -> Response:
        return Response(generate_latest(self._measures.registry), media_type=CONTENT_TYPE_LATEST)

    async def predict(self, request: Request) -> JSONResponse:
        media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
        body = await self._body(request)
        said = await self._asked(body, media)
        self._measures.examples.inc(len(said))
        return JSONResponse({"predictions": said.rows()})

    async def _body(self, request: Request) -> bytes:
        """The body, unless it is too large: then no more of it is read."""
        encoding = request.headers.get("content-encoding", "identity").lower()
        if encoding != "identity":
            raise Refusal(415, _wrong(f"a body compressed by {encoding} is not taken"))
        told = request.headers.get("content-length", "0")
        found = bytearray()
        if not told.isdecimal() or int(told) <= self._most:
            try:
                async with asyncio.timeout(PATIENCE):
                    async for chunk in request.stream():
                        found += chunk
                        if len(found) > self._most:
                            break
                    else:
                        return bytes(found)
            except TimeoutError:
                raise Refusal(408, _wrong(f"the body did not come within {PATIENCE:g} seconds")) from None
        raise Refusal(413, _wrong(f"the body is larger than {self._most:,} bytes"), headers={"Connection": "close"})

    async def _asked(self, body: bytes, media: str) -> Predictions:
        if self._waiting >= MOST_WAITING:
            raise Refusal(503, _wrong(f"{self._waiting} requests wait already"), headers={"Retry-After": "1"})
        self._waiting += 1
        try:
            return await asyncio.wrap_future(self._service.ask(body, media))
        except UnknownMedia as unknown:
            raise Refusal(415, _wrong(str(unknown))) from None
        except WrongRequest as wrong:
            raise Refusal(400, _wrong(str(wrong))) from None
        except UserError as wrong:
            raise Refusal(422, *wrong.diagnostics) from None
        except Exception:  # noqa: BLE001 - whatever it is, it is a bug, and no traceback reaches who asked
            traceback.print_exc()
            raise Refusal(500, _wrong("nndsl has a bug; the log of the service has its details")) from None
        finally:
            self._waiting -= 1


class _Counted:
    """The application around which requests are counted and timed."""

    def __init__(self, app: ASGIApp, measures: Measures):
        self._app, self._measures = app, measures

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started, status = time.perf_counter(), 500

        async def noting(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, noting)
        finally:
            if scope["type"] == "http":
                self._measures.answered(scope["path"], status, time.perf_counter() - started)


def _wrong(message: str) -> Diagnostic:
    return Diagnostic(None, message)


async def _refused(request: Request, refusal: Exception) -> JSONResponse:
    assert isinstance(refusal, Refusal)
    content = {"diagnostics": [as_json(one) for one in refusal.diagnostics]}
    return JSONResponse(content, refusal.status, headers=refusal.headers)


# What OpenAPI says -------------------------------------------------------------------------------


def _body(service: Service) -> dict[str, Any]:
    row = service.row_schema()
    rows: Schema = {"type": "array", "items": row, "minItems": 1, "maxItems": service.most_rows}
    if service.series is not None:
        rows["minItems"] = service.series.least_rows()
        rows["description"] = "a series: an example is made of neighbouring rows, in their order"
    wanted = {"type": "object", "properties": {"rows": rows}, "required": ["rows"], "additionalProperties": False}
    content: dict[str, Any] = {JSON: {"schema": wanted, "example": {"rows": [example(row)] * rows["minItems"]}}}
    content |= {one: {"schema": {"type": "string", "format": "binary"}} for one in service.media if one != JSON}
    return {"requestBody": {"required": True, "content": content}}


def _answers(service: Service) -> dict[int | str, dict[str, Any]]:
    one = service.prediction_schema()
    good = {"type": "object", "properties": {"predictions": {"type": "array", "items": one}}, "required": ["predictions"]}
    diagnostic = {"type": "object", "properties": {"code": {"type": "string"}, "message": {"type": "string"}, "repair": {"type": ["string", "null"]}}}
    wrong = {"type": "object", "properties": {"diagnostics": {"type": "array", "items": diagnostic}}, "required": ["diagnostics"]}
    said = {
        400: "The body is not JSON, or not rows", 408: "The body did not come in time", 413: "The body is too large",
        415: "A body of this type is not taken", 422: "The rows do not fit the network, or are too many", 500: "The service has a bug",
        503: "Too many requests wait",
    }
    refusals: dict[int | str, dict[str, Any]] = {code: {"description": text, "content": {JSON: {"schema": wrong}}} for code, text in said.items()}
    return {200: {"description": "A prediction for each example, in their order", "content": {JSON: {"schema": good}}}, **refusals}
