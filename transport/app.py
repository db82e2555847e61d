"""The web application: routes and what every request passes, as a value built from arguments.

Whatever goes wrong, a client gets JSON with a code and the request's id, and never a traceback.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from http import HTTPStatus
from types import MappingProxyType
from typing import cast

import strawberry
import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Lifespan, Message, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from settings import Settings
from transport.authentication.bearer import Identity, LoadViewer, NoTokenInUrl
from transport.authentication.tokens import Tokens
from transport.documents import Documents
from transport.errors import INTERNAL, INTERNAL_MESSAGE
from transport.headers import EXPOSED_HEADERS, PREFLIGHT_SECONDS, Cors, SafeHeaders
from transport.http.diff import Diff, diff_route
from transport.http.endpoint import GraphQLEndpoint, MakeContext
from transport.http.health import Probes, health_routes
from transport.limits.body_size import BodyLimit
from transport.limits.bounds import bounds_of
from transport.limits.capacity import Capacity, Limits
from transport.limits.deadlines import Deadlines
from transport.limits.peers import Peers
from transport.limits.quotas import Quotas
from transport.logs import PolicyVersion, RequestLog, request_lines
from transport.operations import Operations
from transport.realtime.sse import EventStreams
from transport.realtime.streams import MakeSubscriber, OpenConnections, Streams
from transport.realtime.websocket import WebSocketEndpoint
from transport.refusal import Refusal, refuse
from transport.view_as import ViewAs, nobody

log = structlog.stdlib.get_logger("crossgate.app")


def create_app(
    *,
    schema: strawberry.Schema,
    settings: Settings,
    tokens: Tokens,
    load_viewer: LoadViewer,
    make_context: MakeContext,
    ready: Probes,
    extra_routes: Sequence[BaseRoute] = (),
    lifespan: Lifespan[Starlette] | None = None,
    documents: Documents | None = None,
    body_limits: Mapping[str, int] = MappingProxyType({}),
    make_subscriber: MakeSubscriber | None = None,
    view_as: ViewAs = nobody,
    policy: PolicyVersion = lambda: None,
    policy_refused: Callable[[], str | None] = lambda: None,
    quotas: Quotas | None = None,
) -> Starlette:
    """The gateway. `documents` are those whose `extension` the schema has, if it has: then each is parsed only once.

    `body_limits` are paths whose bodies have a limit of their own, in bytes. `state` of the application holds its
    `connections`, for whoever stops it. Without `make_subscriber` no context is ever renewed. `policy` is told in the logs and by
    `/readyz`, which tells too why the files of policy are refused, where they are. `quotas` are those that extra routes charge too.
    """
    operations = Operations(
        schema=schema,
        documents=documents or Documents(settings.max_document_tokens, max_characters=settings.max_document_characters),
        bounds=bounds_of(schema._schema, settings),
    )
    identity, connections = Identity(tokens, load_viewer), OpenConnections()
    quotas = quotas or quotas_of(settings)
    sockets_open = _capacity("TOO_MANY_SOCKETS", "WebSockets and event streams", settings, "sockets")
    streams = Streams(
        operations=operations,
        make_subscriber=make_subscriber or (lambda viewer, request_id, key, _renew: make_context(viewer, request_id, key)),
        view_as=view_as,
        seconds=settings.request_timeout,
        policy=policy,
        quotas=quotas,
        subscriptions=_capacity("TOO_MANY_SUBSCRIPTIONS", "subscriptions", settings, "subscriptions"),
    )
    endpoint = GraphQLEndpoint(
        operations=operations,
        identity=identity,
        make_context=make_context,
        view_as=view_as,
        deadlines=Deadlines(settings.request_timeout),
        quotas=quotas,
        events=EventStreams(
            streams=streams,
            identity=identity,
            connections=connections,
            sockets=sockets_open,
            seconds=settings.request_timeout,
        ),
    )
    sockets = WebSocketEndpoint(
        streams=streams,
        identity=identity,
        connections=connections,
        sockets=sockets_open,
        allowed_origins=settings.allowed_origins,
        seconds=settings.request_timeout,
        most_operations=settings.max_socket_operations,
    )
    diff = Diff(
        operations=operations,
        identity=identity,
        make_context=make_context,
        view_as=view_as,
        quotas=quotas,
        seconds=settings.request_timeout,
    )
    health = health_routes(ready, {"policy": policy, "refused": policy_refused})
    graphql = [Route("/graphql", endpoint), WebSocketRoute("/graphql", sockets), diff_route(diff)]
    app = Starlette(
        routes=[*graphql, *health, *extra_routes],
        middleware=_middleware(settings, body_limits, policy),
        exception_handlers={HTTPException: _refuse_http, Refusal: _refuse},
        lifespan=lifespan,
    )
    app.router.redirect_slashes = False  # a redirect would be built from the Host header, which anybody may set
    app.state.connections = connections
    return app


def quotas_of(settings: Settings) -> Quotas:
    """The quotas that the settings give users and peers."""
    return Quotas(viewer=settings.cost_per_viewer, peer=settings.cost_per_peer)


def _capacity(code: str, things: str, settings: Settings, name: str) -> Capacity:
    """The bounds of what the settings call by a name."""
    given = settings.model_dump(include={f"max_{name}", f"max_{name}_per_peer", f"max_{name}_per_viewer"})
    process, peer, viewer = (given[f"max_{name}{share}"] for share in ("", "_per_peer", "_per_viewer"))
    return Capacity(code, things, Limits(process=process, peer=peer, viewer=viewer))


def _middleware(settings: Settings, body_limits: Mapping[str, int], policy: PolicyVersion) -> list[Middleware]:
    """What every request passes, from the outside in."""
    proxied = [Middleware(ProxyHeadersMiddleware, trusted_hosts=list(settings.trusted_proxies))]
    return [
        *(proxied if settings.trusted_proxies else []),
        Middleware(RequestLog, write=request_lines(settings), policy=policy),
        Middleware(SafeHeaders, public_url=settings.public_url),
        Middleware(
            Cors,
            allow_origins=settings.allowed_origins,
            allow_methods=("GET", "POST"),
            allow_headers=("*",),
            expose_headers=EXPOSED_HEADERS,
            max_age=PREFLIGHT_SECONDS,
        ),
        Middleware(Failsafe),
        Middleware(NoTokenInUrl),
        Middleware(BodyLimit, limit=settings.max_body_bytes, of_path=body_limits),
        Middleware(Peers),
    ]


class Failsafe:
    """Answers for whatever broke before an answer began; the log gets the traceback."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = scope["type"] != "http"

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.app(scope, receive, noted)
        except ClientDisconnect:
            log.info("client.left")
        except Exception:
            if begun:
                raise
            log.exception("request.failed")
            broken = Refusal(HTTPStatus.INTERNAL_SERVER_ERROR, INTERNAL, INTERNAL_MESSAGE)
            await refuse(broken, scope["state"]["request_id"])(scope, receive, send)


async def _refuse(request: Request, error: Exception) -> Response:
    return refuse(cast("Refusal", error), request.state.request_id)


async def _refuse_http(request: Request, error: Exception) -> Response:
    raised = cast("HTTPException", error)
    status = HTTPStatus(raised.status_code)
    return refuse(Refusal(status, status.name, raised.detail, raised.headers), request.state.request_id)
