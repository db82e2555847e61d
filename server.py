"""The composition root, to be read top to bottom: settings, database, policy, schema, and the application that serves them.

Everything is made here from its arguments; nothing else in the gateway knows where its parts come from.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
import strawberry
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette

from models.database import connect
from models.listening import Listening
from models.reading import Reader
from policies.catalogue import CATALOGUE
from policies.policy import Policy
from policies.viewer import Viewer
from resolvers.audit import AuditLog
from resolvers.context import Context, Origin, Services
from resolvers.cursors import Cursors
from resolvers.download import find_file
from resolvers.mail import latest_mails
from resolvers.picture import MOST_BYTES
from resolvers.upload import Uploads
from resolvers.viewer import find_member, load_viewer
from schema.auditing import Auditing
from schema.planning import Planning
from schema.reads import UnknownField
from schema.schema import guarded_fields, make_schema
from settings import InvalidSettings, Settings, variable
from transport.app import create_app
from transport.documents import Documents
from transport.files import File, LoadFile, file_route
from transport.identity import Identity
from transport.logs import configure_logging
from transport.mails import mail_routes
from transport.portal import PortalViewer, portal_routes
from transport.tokens import Claims, Tokens
from transport.uploads import PATH as UPLOADS
from transport.uploads import upload_route

HERE: Final = Path(__file__).parent
POLICIES: Final = HERE / "policies"
DIST: Final = HERE / "portal" / "dist"
ANYTHING: Final[sa.Select[Any]] = sa.select(sa.literal_column("1"))
DEMO_VIEWERS: Final = (
    PortalViewer("admin@partner.example", "Partner, account administrator"),
    PortalViewer("hidden@managed.example", "Managed account, prices hidden"),
    PortalViewer("shown@managed.example", "Managed account, prices shown"),
    PortalViewer("network@direct.example", "Direct company, network administrator"),
    PortalViewer("reviewer@operator.example", "Operator, reviewer"),
)


def build(settings: Settings, beside: Callable[[], Awaitable[None]] | None = None) -> Starlette:
    """The gateway, over the database that the settings name. Raises PolicyError where policy and schema do not fit.

    `beside` runs in the same process as long as the gateway is served, and is cancelled when that ends. `state` of the application
    holds its `services` and `tokens`, for whoever measures or tests it.
    """
    configure_logging(settings)
    database_url = str(settings.database_url)
    reader = Reader(database_url, settings.pool_size, settings.request_timeout)
    engine = connect(database_url, settings.pool_size, settings.request_timeout)
    tokens = Tokens.load(settings.signing_key_file)
    documents = Documents(settings.max_document_tokens)
    viewers = _viewers(reader)
    services = Services(
        reader=reader,
        engine=engine,
        listening=Listening(database_url),
        audit=AuditLog(engine),
        policy=load_policy(),
        cursors=Cursors(tokens.secret(b"cursors")),
        public_url=settings.public_url,
        partner_docs_url=settings.partner_docs_url,
        default_page_size=settings.default_page_size,
        max_page_size=settings.max_page_size,
        order_approval_days=settings.order_approval_days,
    )
    identity = Identity(tokens, viewers)
    app = create_app(
        schema=_schema(settings, documents),
        settings=settings,
        tokens=tokens,
        load_viewer=viewers,
        make_context=lambda viewer, request_id, key: Context(services, viewer, Origin(request_id, key)),
        make_subscriber=lambda viewer, request_id, key, renew: Context(services, viewer, Origin(request_id, key), renew),
        ready={"database": _answers(reader)},
        extra_routes=[
            file_route(identity, _files(services)),
            upload_route(
                identity,
                lambda viewer, request_id: Context(services, viewer, Origin(request_id)),
                Uploads(),
                settings.request_timeout,
            ),
            *mail_routes(development=settings.development, load_mails=lambda: latest_mails(engine)),
            *portal_routes(
                dist=DIST,
                development=settings.development,
                viewers=DEMO_VIEWERS,
                sign_in=_sign_in(engine, tokens, settings.token_lifetime),
            ),
        ],
        lifespan=_lifespan(services, beside),
        documents=documents,
        body_limits={UPLOADS: MOST_BYTES},
    )
    app.state.services = services
    app.state.tokens = tokens
    return app


def _schema(settings: Settings, documents: Documents) -> strawberry.Schema:
    """The schema with all that is done to an operation. Raises InvalidSettings where a field that is to be audited is not there."""
    auditing = Auditing(settings.audited_fields)
    planned = [Planning().extension] if settings.planner else []
    schema = make_schema(documents.extension, *planned, auditing.extension)
    try:
        auditing.of(schema)
    except UnknownField as problem:
        raise InvalidSettings({variable("audited_fields"): str(problem)}) from None
    return schema


def load_policy() -> Policy:
    """The policy of the gateway, held against its schema: no field without a rule, no rule without a field."""
    policy = Policy.load(POLICIES, CATALOGUE)
    policy.check_fields(guarded_fields())
    return policy


def _viewers(reader: Reader) -> Callable[[Claims], Awaitable[Viewer | None]]:
    async def viewer(claims: Claims) -> Viewer | None:
        return None if claims.membership_id is None else await load_viewer(reader, claims.user_id, claims.membership_id)

    return viewer


def _files(services: Services) -> LoadFile:
    async def load_file(name: str, viewer: Viewer) -> File | None:
        return await find_file(name, Context(services, viewer))

    return load_file


def _sign_in(engine: AsyncEngine, tokens: Tokens, lifetime: int) -> Callable[[str], Awaitable[str | None]]:
    async def sign_in(email: str) -> str | None:
        member = await find_member(engine, email)
        return None if member is None else tokens.issue(member.user_id, member.membership_id, lifetime)

    return sign_in


def _answers(reader: Reader) -> Callable[[], Awaitable[object]]:
    async def answers() -> object:
        return await reader.fetch(ANYTHING, {})

    return answers


def _lifespan(
    services: Services, beside: Callable[[], Awaitable[None]] | None
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await services.listening.start()
        await services.audit.start()
        companion = beside and asyncio.ensure_future(beside())
        try:
            yield
        finally:
            if companion:
                companion.cancel()
                await asyncio.wait([companion])
            await services.close()

    return lifespan
