"""The composition root, from top to bottom: settings, database, policy, schema, and the application that serves them.

Everything is built here and passed on as arguments. No other module of the gateway knows where its parts come from.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

import sqlalchemy as sa
import strawberry
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.applications import Starlette
from starlette.routing import BaseRoute

from models.country import COUNTRIES
from models.database import connect
from models.listening import ChangeListener
from models.reading import Reader
from models.remembered_facts import FactsMemory, FactsReader
from models.replicas import Replica, Replicas
from policies.catalogue import CATALOGUE
from policies.evaluation.policy import Policy
from policies.evaluation.reloading import PolicyReloader
from policies.evaluation.shapes import expected_shapes
from policies.viewer import Viewer
from resolvers.auditing.audit_log import AuditLog
from resolvers.auditing.recording import record
from resolvers.context import Context, Origin, Services
from resolvers.endpoints.downloads import find_file
from resolvers.endpoints.export_download import ExportFile, find_export
from resolvers.endpoints.lead_export import export_leads
from resolvers.endpoints.uploads import Uploads
from resolvers.execution.worker_thread import run_in_worker
from resolvers.exporting.writer import ExportWriter
from resolvers.identity.federation import load_identity_viewer
from resolvers.identity.passwords import Passwords
from resolvers.notifying.outbox import latest_mails
from resolvers.portal_origin import AdmittedOrigins
from resolvers.reading.cursors import Cursors
from resolvers.reading.viewers import (
    SessionFacts,
    find_member,
    is_named_issuer,
    load_embed_viewer,
    load_key_viewer,
    load_viewer,
)
from resolvers.tools.view_as import ViewAsRefused, resolve_view_as
from resolvers.values.text import brief
from resolvers.values.web_addresses import AllowedOrigins, web_origin
from resolvers.webhooks import Post, Webhooks
from schema.extensions.audited_fields import UnknownField
from schema.extensions.auditing import Auditing
from schema.extensions.planned_execution import Admit, Planning
from schema.extensions.planned_queries import PlannedQueries
from schema.extensions.shared_events import SharedEvents
from schema.extensions.viewer_introspection import SchemaOf
from schema.introspection.printing import SchemaTexts
from schema.introspection.viewer_schemas import ViewerSchemas
from schema.kinds import check_kinds
from schema.schema import guarded_fields, make_schema
from schema.subscription import SHOWN
from settings import InvalidSettings, Settings, variable
from transport.app import create_app, make_operations, quotas_of
from transport.authentication.api_keys import ApiKeyClaims
from transport.authentication.bearer import Identity, LoadViewer, Sender
from transport.authentication.discovery import Discovery
from transport.authentication.endings import Endings
from transport.authentication.issuer_keys import IssuerKeys
from transport.authentication.issuers import Issuers, IssuerToken
from transport.authentication.tokens import Tokens
from transport.development import Development, warning
from transport.documents import Documents
from transport.export_pages import SchemaPages
from transport.gauges import watch_plans, watch_replicas, watch_services
from transport.http.account_pages import account_routes
from transport.http.captured_mails import mail_routes
from transport.http.export_files import export_file_route
from transport.http.exports import export_route
from transport.http.files import File, LoadFile, file_route
from transport.http.frames import frame_routes
from transport.http.kit import kit_routes
from transport.http.policy_files import policy_routes
from transport.http.portal import PortalViewer, portal_routes
from transport.http.public_pages import DOCUMENTS as PAGE_DOCUMENTS
from transport.http.replicas import SECRET_PURPOSE as POSITION_SECRET_PURPOSE
from transport.http.replicas import ClientReplicas
from transport.http.schema import SchemaText, schema_route
from transport.http.sender import REFRESH_COOKIE, USER_AGENT
from transport.http.uploads import PATH as UPLOADS
from transport.http.uploads import body_limit, upload_route
from transport.limits.bounds import bounds_of
from transport.limits.peers import PEER
from transport.limits.quotas import Quotas
from transport.logs import configure_logging
from transport.persisted_documents import InvalidManifest, PersistedDocuments, read_manifest, with_hashes
from transport.portal_proofs import PortalProofs
from transport.processes.seat import Seat
from transport.recording import Recording
from transport.view_as import ViewAs
from transport.webhooks import EventReader

HERE: Final = Path(__file__).parent
POLICIES: Final = HERE / "policies"
MATRIX: Final = HERE / "docs" / "policy" / "policy-matrix.html"
DIST: Final = HERE / "portal" / "dist"
KIT: Final = HERE / "portal" / "kit" / "dist"
log = structlog.stdlib.get_logger("crossgate.policy")
CURSOR_SECRET_PURPOSE: Final = b"cursors"  # the purpose for which the cursors' secret is derived
CREDENTIAL: Final = "Credential"  # the type of the events of migration 0017
PORTAL_ORIGIN: Final = "PortalOrigin"  # the type of the events of migration 0040
PING: Final[sa.Select[Any]] = sa.select(sa.literal_column("1"))
Companion = Callable[[], Awaitable[None]]
"""What runs in the gateway's process while it serves, and is cancelled when it stops."""
DEMO_VIEWERS: Final = (
    PortalViewer("admin@partner.example", "Partner, account administrator"),
    PortalViewer("hidden@managed.example", "Managed account, prices hidden"),
    PortalViewer("shown@managed.example", "Managed account, prices shown"),
    PortalViewer("network@direct.example", "Direct company, network administrator"),
    PortalViewer("reviewer@operator.example", "Operator, reviewer"),
)


def build(
    settings: Settings, companion: Companion | None = None, policies: Path = POLICIES, seat: Seat | None = None
) -> Starlette:
    """Build the gateway on the database in the settings. Raises PolicyError if the policy doesn't match the schema.

    `companion` runs in the same process while the gateway serves, and is cancelled when it stops. `seat` is what it shares with
    other processes; by default nothing. In development, the policy is reloaded when its files change. For tests and benchmarks,
    the application's `state` holds its `services`, `tokens`, `origins` and `issuer_keys`.
    """
    configure_logging(settings)
    if (message := warning(settings)) is not None:
        log.warning("development.reachable", warning=message)
    tokens = Tokens.load(settings.signing_key_file)
    schemas = ViewerSchemas(whole=settings.shaped_schema == "off")
    schema_of = _schema_of(schemas)
    strict = schema_of if settings.shaped_schema == "strict" else None
    limits = settings.max_document_tokens, settings.max_document_characters
    documents = Documents(*limits, strict, suggestions=settings.development)
    services = make_services(settings, tokens, load_policy(policies))
    issuer_keys = _issuer_keys(services)
    origins = _admitted_origins(services)
    identity = _identity(settings, services, tokens, _viewers(services, Issuers(issuer_keys)))
    seat = seat or Seat()
    show_metrics, quotas = partial(seat.showing_metrics, settings), quotas_of(settings, seat.ledger)
    planning = Planning(admit=_admit(settings), is_trusted=documents.pinned.__contains__)
    auditing = Auditing(settings.audited_fields)
    schema = _schema(settings, documents, planning, auditing, schema_of)
    documents.persisted = _persisted(settings, documents, schema)
    services.exports = SchemaPages.of(schema, documents, lambda: bounds_of(schema._schema, settings))
    reloading = PolicyReloader(policies, lambda: load_policy(policies), services.replace_policy)
    companions = [*_companions(settings, services, reloading), *([companion] if companion else [])]
    if settings.planner:
        companions.append(_plan_ahead(services, planning, schema, documents))
    planned = PlannedQueries(schema, planning, auditing) if runs_plans_at_once(settings) else None
    shared = None if settings.record_operations else SharedEvents(schema, auditing).selection
    app = create_app(
        operations=make_operations(schema, settings, documents, planned, shared),
        settings=settings,
        identity=identity,
        make_context=lambda viewer, request_id, key: Context(services, viewer, _origin(request_id, key)),
        make_subscriber=lambda viewer, request_id, key, renew: Context(services, viewer, _origin(request_id, key), renew),
        view_as=_view_as(services),
        ready={"database": _ping(services.reader)},
        extra_routes=[
            *_routes(settings, services, identity, tokens, quotas, origins),
            schema_route(identity, _schema_text(settings, services, SchemaTexts(schema._schema, schemas)), quotas),
        ],
        lifespan=_lifespan(show_metrics, services, planning, issuer_keys, origins.follow, *companions),
        body_limits={UPLOADS: body_limit},
        policy=lambda: services.policy.version,
        policy_refused=lambda: reloading.refusal,
        quotas=quotas,
        ledger=seat.ledger,
        origins=origins,
        replicas=_client_replicas(services.replicas, tokens),
    )
    for name, part in (("services", services), ("tokens", tokens), ("origins", origins), ("issuer_keys", issuer_keys)):
        setattr(app.state, name, part)
    return app


def _companions(settings: Settings, services: Services, reloading: PolicyReloader) -> list[Companion]:
    """Return what follows the policy's files, in development, and the replicas while the gateway serves."""
    return [*([reloading.follow] if settings.development else []), *([services.replicas.follow] if services.replicas else [])]


def _client_replicas(replicas: Replicas | None, tokens: Tokens) -> ClientReplicas | None:
    """Return the replicas for clients, who are told encrypted positions."""
    return None if replicas is None else ClientReplicas(replicas, lambda: tokens.secrets(POSITION_SECRET_PURPOSE))


def _issuer_keys(services: Services) -> IssuerKeys:
    """Return the keys of the issuers that companies have named."""
    return IssuerKeys(
        Discovery(local=services.local_hosts),
        lambda issuer, audiences: is_named_issuer(services.reader, issuer, audiences),
    )


def _identity(settings: Settings, services: Services, tokens: Tokens, load_viewer: LoadViewer) -> Identity:
    """Return what finds the viewers of requests. It hears from the database of credentials that have ended."""
    endings = Endings()
    services.change_listener.follow(CREDENTIAL, endings.report)
    own_origin = web_origin(settings.public_url)
    return Identity(tokens, load_viewer, endings, memory=FactsMemory(services.reader), own_origin=own_origin)


def _admitted_origins(services: Services) -> AdmittedOrigins:
    """Return the origins whose pages can call the gateway, which hear of changes from the database."""
    origins = AdmittedOrigins(services.reader, services.origins)
    services.change_listener.follow(PORTAL_ORIGIN, origins.report)
    services.change_listener.after_connecting(origins.report)
    return origins


def _origin(request_id: str, key: str | None) -> Origin:
    return Origin(request_id, key, PEER.get(), USER_AGENT.get(), REFRESH_COOKIE.get())


def _routes(
    settings: Settings, services: Services, identity: Identity, tokens: Tokens, quotas: Quotas, origins: AdmittedOrigins
) -> list[BaseRoute]:
    """Return the routes next to GraphQL: files, uploads, captured emails and the portal."""
    development = Development.of(settings)
    return [
        file_route(identity, _files(services), quotas),
        export_file_route(identity, _export_files(services), quotas),
        export_route(identity, lambda viewer, request_id: export_leads(Context(services, viewer, Origin(request_id))), quotas),
        upload_route(
            identity,
            lambda viewer, request_id: Context(services, viewer, Origin(request_id)),
            Uploads(),
            quotas,
            settings.request_timeout,
        ),
        *mail_routes(development=development, load_mails=lambda: latest_mails(services.engine)),
        *portal_routes(
            dist=DIST,
            development=development,
            viewers=DEMO_VIEWERS,
            sign_in=_sign_in(services.engine, tokens, settings.token_lifetime),
        ),
        *account_routes(dist=DIST),
        *kit_routes(KIT),
        *frame_routes(origins.framing),
        *policy_routes(development=development, policies=POLICIES, matrix=MATRIX),
    ]


def make_services(settings: Settings, tokens: Tokens, policy: Policy) -> Services:
    """Build the services that all requests share, on the database in the settings."""
    database_url = str(settings.database_url)
    cursors = Cursors(*tokens.secrets(CURSOR_SECRET_PURPOSE))
    tokens.follow(lambda: cursors.use(*tokens.secrets(CURSOR_SECRET_PURPOSE)))
    engine = connect(database_url, settings.pool_size, settings.request_timeout)
    reader = Reader(database_url, settings.pool_size, settings.request_timeout)
    followers = [Replica(url, settings.pool_size, settings.request_timeout) for url in settings.replica_urls]
    return Services(
        reader=reader,
        replicas=Replicas(reader, followers, settings.max_replica_lag) if followers else None,
        engine=engine,
        change_listener=ChangeListener(settings.session_url),
        audit=AuditLog(engine),
        policy=policy,
        cursors=cursors,
        tokens=tokens,
        passwords=Passwords(settings.processes),
        public_url=settings.public_url,
        site_url=settings.site_url,
        account_url=settings.account_url,
        partner_docs_url=settings.partner_docs_url,
        default_page_size=settings.default_page_size,
        max_page_size=settings.max_page_size,
        order_approval_days=settings.order_approval_days,
        refused_bank_countries=_refused_countries(settings),
        local_hosts=settings.development,
        origins=AllowedOrigins(frozenset(settings.allowed_origins), settings.development),
        read_proof=PortalProofs(),
        strict_schema=settings.shaped_schema == "strict",
        max_exports_per_viewer=settings.max_exports_per_viewer,
        max_exports_per_company=settings.max_exports_per_company,
    )


@dataclass(frozen=True, slots=True)
class Background:
    """What the worker sends webhooks and writes exports with, and what reloads its policy."""

    webhooks: Webhooks
    exports: ExportWriter
    reloading: PolicyReloader


def make_background(settings: Settings, post: Post, policies: Path = POLICIES) -> Background:
    """Build what the worker needs of the gateway: the services, the policy and the schema."""
    tokens = Tokens.load(settings.signing_key_file)
    services = make_services(settings, tokens, load_policy(policies))
    schema_of = _schema_of(ViewerSchemas(whole=settings.shaped_schema == "off"))
    documents = Documents(settings.max_document_tokens, settings.max_document_characters)
    schema = _schema(settings, documents, Planning(), Auditing(settings.audited_fields), schema_of)
    strict = schema_of if settings.shaped_schema == "strict" else None
    services.exports = SchemaPages.of(schema, documents, lambda: bounds_of(schema._schema, settings))
    return Background(
        Webhooks(services=services, shown=SHOWN, read=EventReader(schema, documents, strict), post=post),
        ExportWriter(services=services, max_bytes=settings.max_export_bytes),
        PolicyReloader(policies, lambda: load_policy(policies), services.replace_policy),
    )


def _refused_countries(settings: Settings) -> frozenset[str]:
    """Return the countries whose bank accounts are refused. Raises InvalidSettings for a code of no country, such as UK."""
    refused = frozenset(settings.refused_bank_countries)
    if unknown := sorted(refused - COUNTRIES):
        raise InvalidSettings(
            {variable("refused_bank_countries"): f"must be ISO 3166-1 alpha-2 codes; {unknown[0]} is no country"}
        )
    return refused


def _schema(
    settings: Settings, documents: Documents, planning: Planning, auditing: Auditing, schema_of: SchemaOf
) -> strawberry.Schema:
    """Build the schema with its extensions. Raises InvalidSettings if an audited field doesn't exist."""
    recording = [Recording(settings.record_operations).extension] if settings.record_operations else []
    planned = [planning.extension] if settings.planner else []
    extensions = [documents.extension, *recording, *planned, auditing.extension]
    always, suggestions = settings.shaped_schema == "strict", settings.development
    schema = make_schema(*extensions, schema_of=schema_of, always=always, suggestions=suggestions)
    try:
        auditing.of(schema)
    except UnknownField as error:
        raise InvalidSettings({variable("audited_fields"): str(error)}) from None
    return schema


def runs_plans_at_once(settings: Settings) -> bool:
    """Return whether nothing but the planner and the audit log has to see a planned query."""
    return settings.planner and settings.shaped_schema != "strict" and not settings.record_operations


def _persisted(settings: Settings, documents: Documents, schema: strawberry.Schema) -> PersistedDocuments:
    """Load the trusted documents. Raises InvalidSettings if one of them can't run on the schema."""
    if settings.trusted_documents_file is None:
        return PersistedDocuments()
    bounds = bounds_of(schema._schema, settings)
    try:
        trusted = read_manifest(settings.trusted_documents_file)
        for name, text in trusted.items():
            if (problem := documents.pin(text, schema._schema, bounds)) is not None:
                raise InvalidManifest(f"has an invalid document {brief(name)}: {problem}")
    except InvalidManifest as error:
        raise InvalidSettings({variable("trusted_documents_file"): str(error)}) from None
    allowed = {*trusted.values(), *_own_documents()} if settings.trusted_documents == "only" else None
    return PersistedDocuments(with_hashes(trusted), allowed)


def _own_documents() -> Iterator[str]:
    """Yield the documents that the gateway's own pages send."""
    yield from PAGE_DOCUMENTS
    for path in (HERE / "portal" / "documents").glob("*.graphql"):
        yield path.read_text("utf-8")


def _plan_ahead(
    services: Services, planning: Planning, schema: strawberry.Schema, documents: Documents
) -> Callable[[], Awaitable[None]]:
    """Return what plans the trusted documents for the viewers that are expected, while the gateway already serves."""

    async def plan_ahead() -> None:
        for text, document in documents.pinned.items():
            for shape in expected_shapes():  # with the policy of that moment: it may be reloaded meanwhile
                context = Context(services, Viewer(shape=shape), Origin(""))
                await planning.plan_ahead(schema, text, document.ast, context)

    return plan_ahead


def _admit(settings: Settings) -> Admit:
    """Return the limit on operations, or parts of them, that have no plan and run on graphql-core."""
    return lambda schema, document, variables, why: bounds_of(schema, settings).admit(document, variables, why)


def load_policy(directory: Path = POLICIES) -> Policy:
    """Load the policy and check it against the schema: every field has a rule, and sensitive values are hidden by their kind."""
    policy = load_candidate(directory)
    check_kinds(policy)
    return policy


def load_candidate(directory: Path) -> Policy:
    """Load a policy for comparison. It has to match the schema, but may show sensitive values: a review wants to find that out."""
    policy = Policy.load(directory, CATALOGUE)
    policy.check_fields(guarded_fields())
    return policy


def _schema_of(schemas: ViewerSchemas) -> SchemaOf:
    """Return the function that reduces the full schema to what a request's viewer can see."""
    return lambda schema, context: schemas.of(schema, context.policy, context.viewer.shape)


def _schema_text(settings: Settings, services: Services, texts: SchemaTexts) -> SchemaText:
    """Return the function that returns the schema's text. With strict schemas, viewers see no other than their own."""
    always = settings.shaped_schema == "strict"

    async def schema_text(viewer: Viewer, of_viewer: bool) -> str:
        if of_viewer or always:
            return await run_in_worker(texts.of, services.policy, viewer.shape)
        return await run_in_worker(texts.full, services.policy)

    return schema_text


def _viewers(services: Services, issuers: Issuers) -> LoadViewer:
    async def viewer(claims: Sender, facts: FactsReader | None) -> Viewer | None:
        reader = facts or services.reader
        if isinstance(claims, ApiKeyClaims):
            key = claims.credential
            return await load_key_viewer(reader, services.engine, key.prefix, key.secret_hash, claims.origin)
        if isinstance(claims, IssuerToken):
            identity = await issuers.verify(claims)
            return None if identity is None else await load_identity_viewer(services, identity)
        if claims.embed is not None:
            return await load_embed_viewer(reader, claims.embed, services.origins)
        session = None if claims.session_id is None else SessionFacts(claims.session_id, claims.auth_time)
        return await load_viewer(reader, claims.user_id, claims.membership_id, session)

    return viewer


def _view_as(services: Services) -> ViewAs:
    async def view_as(requester: Viewer, target: str, request_id: str) -> Context:
        context = Context(services, requester, Origin(request_id))
        try:
            return Context(services, await resolve_view_as(context, target), context.origin, requester=requester)
        except ViewAsRefused:
            await record(context, None, None)
            raise

    return view_as


def _files(services: Services) -> LoadFile:
    async def load_file(name: str, viewer: Viewer) -> File | None:
        return await find_file(name, Context(services, viewer))

    return load_file


def _export_files(services: Services) -> Callable[[str, str, str, Viewer, str], Awaitable[ExportFile | None]]:
    async def find(name: str, until: str, signature: str, sender: Viewer, request_id: str) -> ExportFile | None:
        return await find_export(name, until, signature, Context(services, sender, Origin(request_id)))

    return find


def _sign_in(engine: AsyncEngine, tokens: Tokens, lifetime: int) -> Callable[[str], Awaitable[str | None]]:
    async def sign_in(email: str) -> str | None:
        member = await find_member(engine, email)
        return None if member is None else tokens.issue(member.user_id, member.membership_id, lifetime)

    return sign_in


def _ping(reader: Reader) -> Callable[[], Awaitable[object]]:
    async def ping() -> object:
        return await reader.fetch(PING, {})

    return ping


def _lifespan(
    show_metrics: Callable[[], AbstractAsyncContextManager[None]],
    services: Services,
    planning: Planning,
    issuer_keys: IssuerKeys,
    *companions: Companion,
) -> Callable[[Starlette], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        await services.change_listener.start()
        log.info("policy.loaded", policy=services.policy.version)
        await services.audit.start()
        watch_services(services)
        watch_plans(planning)
        if services.replicas is not None:
            watch_replicas(services.replicas)
        tasks = [asyncio.ensure_future(start()) for start in companions]
        try:
            async with show_metrics():
                yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await issuer_keys.close()
            await services.close()

    return lifespan
