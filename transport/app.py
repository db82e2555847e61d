"""The web application: its routes and middleware, built from arguments; importing this module registers nothing.

When anything fails, the client gets JSON with a code and the request's id, never a traceback.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Container, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from types import MappingProxyType
from typing import cast

import strawberry
import structlog
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.types import ASGIApp, Lifespan
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from models.remembered_facts import FactsReader
from policies.viewer import Viewer
from resolvers.execution.streamed_pages import MAX_UNSTREAMED_ROWS
from resolvers.values.web_addresses import AllowedOrigins
from schema.extensions.planned_queries import PlannedQueries
from settings import Settings
from telemetry import metrics, tracing
from transport.authentication.bearer import Identity, NoTokenInUrl
from transport.documents import Documents
from transport.failsafe import Failsafe
from transport.headers import Cors, SafeHeaders
from transport.http.compression import compression
from transport.http.diff import Diff, diff_route
from transport.http.direct import Direct
from transport.http.endpoint import METHODS, GraphQLEndpoint, MakeContext
from transport.http.health import Probes, health_routes
from transport.http.public_pages import PublicPages
from transport.http.replicas import ClientReplicas
from transport.http.sender import PATH as REFRESH_PATH
from transport.http.sender import RefreshCookie
from transport.limits.body_size import BodyLimit, BodyLimitOfQuery
from transport.limits.bounds import bounds_of
from transport.limits.capacity import Capacity, Limits
from transport.limits.deadlines import Deadlines
from transport.limits.ledger import Ledger, Opened, OwnLedger
from transport.limits.peers import Peers
from transport.limits.quotas import Buckets, Payers, Quotas
from transport.logs import PolicyVersion, RequestLog, request_lines
from transport.operations import OperationRunner, SelectEvents
from transport.realtime.sse import EventStreams
from transport.realtime.streams import MakeSubscriber, OpenConnections, Streams
from transport.realtime.websocket import WebSocketEndpoint
from transport.refusal import Refusal, refuse
from transport.traces import Traces
from transport.view_as import ViewAs, deny_view_as

log = structlog.stdlib.get_logger("crossgate.app")

Renew = Callable[[FactsReader | None], Awaitable[Viewer | None]]
"""Loads a session's viewer again; None ends the session."""


def create_app(
    *,
    operations: OperationRunner,
    settings: Settings,
    identity: Identity,
    make_context: MakeContext,
    ready: Probes,
    extra_routes: Sequence[BaseRoute] = (),
    lifespan: Lifespan[Starlette] | None = None,
    body_limits: Mapping[str, BodyLimitOfQuery] = MappingProxyType({}),
    make_subscriber: MakeSubscriber | None = None,
    view_as: ViewAs = deny_view_as,
    policy: PolicyVersion = lambda: None,
    policy_refused: Callable[[], str | None] = lambda: None,
    quotas: Quotas | None = None,
    origins: Container[str] | None = None,
    replicas: ClientReplicas | None = None,
    ledger: Ledger | None = None,
) -> Starlette:
    """Build the gateway's ASGI application; its `state.connections` holds the open connections, which a stopping server closes.

    Args:
        operations: Prepares and executes operations.
        settings: All limits, origins and proxies.
        identity: Finds the viewers of requests.
        make_context: Makes the context of an operation.
        ready: The probes that `/readyz` runs, by name.
        extra_routes: Routes to serve in addition to GraphQL, `/diff` and the health checks.
        lifespan: Runs when the application starts and stops.
        body_limits: For individual paths, what returns the body size limit in bytes of a query string.
        make_subscriber: Makes the context of a streamed operation; without it, contexts are never renewed.
        view_as: Makes the context of a query that runs as another viewer; by default nobody can.
        policy: Returns the policy version for the logs and `/readyz`.
        policy_refused: Returns why the policy files are rejected, for `/readyz`, or None.
        quotas: The quotas that `extra_routes` charge too; by default those of `settings`.
        origins: The web origins whose pages can call the gateway; by default those of `settings`.
        replicas: The replicas that answer queries in place of the primary.
        ledger: Where open sockets and subscriptions, and the default `quotas`, are counted; by default in this process.
    """
    ledger = OwnLedger() if ledger is None else ledger
    admitted: Container[str] = AllowedOrigins(frozenset(settings.allowed_origins)) if origins is None else origins
    connections = OpenConnections()
    endpoint, graphql = _graphql_routes(
        settings=settings,
        operations=operations,
        identity=identity,
        connections=connections,
        contexts=_Contexts(make_context, make_subscriber, view_as),
        policy=policy,
        quotas=quotas or quotas_of(settings, ledger),
        origins=admitted,
        replicas=replicas,
        ledger=ledger,
    )
    health = health_routes(ready, {"policy": policy, "refused": policy_refused})
    first, others = _middleware(settings, endpoint, body_limits, policy, admitted)
    app = _application([*graphql, *health, *extra_routes], first, others, lifespan)
    app.state.connections = connections
    return app


class _Application(Starlette):
    """Starlette with middleware that comes before Starlette's own for errors, which would cost each request a tenth more calls."""

    first: Sequence[Middleware] = ()

    def build_middleware_stack(self) -> ASGIApp:
        """Build the stack."""
        stack = super().build_middleware_stack()
        for middleware, arguments, options in reversed(self.first):
            stack = middleware(stack, *arguments, **options)
        return stack


def _application(
    routes: list[BaseRoute], first: list[Middleware], others: list[Middleware], lifespan: Lifespan[Starlette] | None
) -> Starlette:
    """Build an application that answers errors as JSON."""
    handlers = {HTTPException: _refuse_http, Refusal: _refuse}
    app = _Application(routes=routes, middleware=others, exception_handlers=handlers, lifespan=lifespan)
    app.first = first
    app.router.redirect_slashes = False  # a redirect would be built from the Host header, which any client can set
    return app


@dataclass(frozen=True, slots=True)
class _Contexts:
    """The factories of execution contexts."""

    make: MakeContext
    make_subscriber: MakeSubscriber | None
    view_as: ViewAs

    def subscriber(self, viewer: Viewer, request_id: str, key: str | None, renew: Renew) -> object:
        """Make the context of a streamed operation."""
        if self.make_subscriber is None:
            return self.make(viewer, request_id, key)
        return self.make_subscriber(viewer, request_id, key, renew)


def make_operations(
    schema: strawberry.Schema,
    settings: Settings,
    documents: Documents | None = None,
    planned: PlannedQueries | None = None,
    shared: SelectEvents | None = None,
) -> OperationRunner:
    """Build the pipeline that prepares and executes the operations on a schema.

    `documents` is the cache whose `extension` the schema uses. Without `planned`, the schema executes all queries. Without `shared`,
    each subscriber has its own answers to events.
    """
    documents = documents or Documents(settings.max_document_tokens, settings.max_document_characters)
    bounds = bounds_of(schema._schema, settings)
    return OperationRunner(
        schema=schema,
        documents=documents,
        bounds=bounds,
        planned=planned.execute if planned else None,
        streamed=planned.stream if planned and settings.max_page_size > MAX_UNSTREAMED_ROWS else None,
        shared=shared,
    )


def _graphql_routes(
    *,
    settings: Settings,
    operations: OperationRunner,
    identity: Identity,
    connections: OpenConnections,
    contexts: _Contexts,
    policy: PolicyVersion,
    quotas: Quotas,
    origins: Container[str],
    replicas: ClientReplicas | None,
    ledger: Ledger,
) -> tuple[GraphQLEndpoint, list[BaseRoute]]:
    """Build the endpoint and the routes that run operations: `/graphql` over HTTP and WebSocket, `/diff`, and the public pages."""
    seconds = settings.request_timeout
    sockets_open = _capacity("TOO_MANY_SOCKETS", "WebSockets and event streams", settings, ledger, Opened.SOCKETS)
    streams = Streams(
        operations=operations,
        make_subscriber=contexts.subscriber,
        view_as=contexts.view_as,
        seconds=seconds,
        policy=policy,
        quotas=quotas,
        subscriptions=_capacity("TOO_MANY_SUBSCRIPTIONS", "subscriptions", settings, ledger, Opened.SUBSCRIPTIONS),
    )
    endpoint = GraphQLEndpoint(
        operations=operations,
        identity=identity,
        make_context=contexts.make,
        view_as=contexts.view_as,
        deadlines=Deadlines(seconds),
        quotas=quotas,
        events=EventStreams(streams=streams, identity=identity, connections=connections, sockets=sockets_open, seconds=seconds),
        refresh_cookie=RefreshCookie.of(settings.public_url),
        max_batch_operations=settings.max_batch_operations,
        replicas=replicas,
    )
    sockets = WebSocketEndpoint(
        streams=streams,
        identity=identity,
        connections=connections,
        sockets=sockets_open,
        allowed_origins=origins,
        seconds=seconds,
        max_operations=settings.max_socket_operations,
    )
    diff = _diff(operations, identity, contexts, quotas, seconds)
    pages = PublicPages(operations, contexts.make, quotas, seconds, sign_in_url=f"{settings.account_url}/sign-in")
    return endpoint, [
        Route("/graphql", endpoint),
        Route(REFRESH_PATH, endpoint),
        WebSocketRoute("/graphql", sockets),
        diff_route(diff),
        *(pages.routes() if settings.site_url == settings.public_url else ()),
    ]


def _diff(operations: OperationRunner, identity: Identity, contexts: _Contexts, quotas: Quotas, seconds: float) -> Diff:
    """Build what compares two viewers."""
    return Diff(
        operations=operations,
        identity=identity,
        make_context=contexts.make,
        view_as=contexts.view_as,
        quotas=quotas,
        seconds=seconds,
    )


def quotas_of(settings: Settings, ledger: Ledger) -> Quotas:
    """Return the quotas of users and peers from the settings, as a ledger counts them."""
    return Quotas(
        viewers=Buckets(settings.cost_per_viewer, ledger.times(Payers.VIEWERS)),
        peers=Buckets(settings.cost_per_peer, ledger.times(Payers.PEERS)),
    )


def _capacity(code: str, things: str, settings: Settings, ledger: Ledger, name: Opened) -> Capacity:
    """Return the capacity whose limits the settings hold as `max_<name>`, for the gateway, per peer and per viewer."""
    limits = settings.model_dump(include={f"max_{name}", f"max_{name}_per_peer", f"max_{name}_per_viewer"})
    gateway, peer, viewer = (limits[f"max_{name}{share}"] for share in ("", "_per_peer", "_per_viewer"))
    limited = Limits(gateway=gateway, peer=peer, viewer=viewer)
    return Capacity(code, things, limited, ledger.counts(name), metrics.OPEN.child(name))


def _middleware(
    settings: Settings,
    endpoint: GraphQLEndpoint,
    body_limits: Mapping[str, BodyLimitOfQuery],
    policy: PolicyVersion,
    origins: Container[str],
) -> tuple[list[Middleware], list[Middleware]]:
    """Return the middleware of every request that answers failures itself, and all other middleware, outermost first."""
    proxied = [Middleware(ProxyHeadersMiddleware, trusted_hosts=list(settings.trusted_proxies))]
    log = Middleware(RequestLog, write=request_lines(settings), policy=policy)
    safe = Middleware(SafeHeaders, public_url=settings.public_url)
    cors = Middleware(Cors, origins=origins, allow_methods=METHODS)
    compressed = compression()
    direct = Middleware(Direct, endpoint=endpoint, parts=(log, safe, cors, compressed), max_body_bytes=settings.max_body_bytes)
    first = [*(proxied if settings.trusted_proxies else []), *([direct] if tracing.exporting is None else [])]
    return first, [
        log,
        *([] if tracing.exporting is None else [Middleware(Traces)]),
        safe,
        cors,
        compressed,
        Middleware(Failsafe),
        Middleware(NoTokenInUrl),
        Middleware(BodyLimit, limit=settings.max_body_bytes, of_path=body_limits),
        Middleware(Peers),
    ]


async def _refuse(request: Request, error: Exception) -> Response:
    return refuse(cast("Refusal", error), request.state.request_id)


async def _refuse_http(request: Request, error: Exception) -> Response:
    raised = cast("HTTPException", error)
    status = HTTPStatus(raised.status_code)
    return refuse(Refusal(status, status.name, raised.detail, raised.headers), request.state.request_id)
