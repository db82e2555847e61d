"""Viewers: loads the viewer for a token's user and membership, with the settings that apply now (V2)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.orm import aliased

from models import (
    ApiKey,
    BillingMarket,
    Company,
    FederatedIdentity,
    IdentityIssuer,
    ManagedAccount,
    Membership,
    PartnerDefaults,
    PortalOrigin,
    Session,
    User,
    WebhookEndpoint,
)
from models.base import now
from models.company import AccountKind
from models.managed_account import SETTINGS, effective
from models.remembered_facts import FactsReader, FactsRow
from policies.viewer import RECENT_SIGN_IN, USER, Shape, Viewer
from resolvers.values.web_addresses import AllowedOrigins

ACCOUNT_GONE: Final = "The account of this token no longer exists."
TODAY: Final = sa.func.date_trunc("day", sa.func.now(), "UTC")
SHAPE_CACHE_SIZE: Final = 4096  # equal facts always give the same shape, and there are few combinations
PAYER: Final = sa.func.coalesce(Company.partner_id, Company.id)
MARKETS: Final = (
    sa.select(BillingMarket.market)
    .where(BillingMarket.company_id == PAYER, BillingMarket.enabled)
    .order_by(BillingMarket.market)  # equal facts are written alike
)
VIEWER_PARAMETERS: Final[tuple[Any, ...]] = (
    Company.id.label("company_id"),
    Company.partner_id,
    sa.func.array(MARKETS.correlate(Company).scalar_subquery(), type_=postgresql.ARRAY(sa.Text())).label("markets"),
)
VIEWER_COLUMNS: Final[tuple[Any, ...]] = (  # what determines the shape, together with the roles
    Company.account_kind,
    ManagedAccount.supported_by,
    *(getattr(ManagedAccount, name).label(f"account_{name}") for name in SETTINGS),
    *(getattr(PartnerDefaults, name).label(f"default_{name}") for name in SETTINGS),
)


def join_settings(companies: sa.Select[Any]) -> sa.Select[Any]:
    """Join each company's managed account and its partner's defaults, if any, as VIEWER_COLUMNS needs."""
    return companies.outerjoin(ManagedAccount, ManagedAccount.company_id == Company.id).outerjoin(
        PartnerDefaults, PartnerDefaults.partner_id == Company.partner_id
    )


MEMBERS: Final = join_settings(
    sa.select(Membership.user_id, Membership.roles, *VIEWER_PARAMETERS, *VIEWER_COLUMNS).join(
        Company, Company.id == Membership.company_id
    )
)
BY_MEMBERSHIP: Final = MEMBERS.where(Membership.id == sa.bindparam("membership", type_=sa.Uuid()))
BY_MEMBERSHIP_AND_SESSION: Final = BY_MEMBERSHIP.join(
    Session, sa.and_(Session.user_id == Membership.user_id, Session.id == sa.bindparam("session", type_=sa.Uuid()))
)
BY_SESSION: Final = sa.select(Session.user_id).where(Session.id == sa.bindparam("session", type_=sa.Uuid()))
BY_USER_AND_COMPANY: Final = MEMBERS.where(
    Membership.user_id == sa.bindparam("user", type_=sa.Uuid()),
    Membership.company_id == sa.bindparam("company", type_=sa.Uuid()),
)
IS_VALID: Final = sa.and_(ApiKey.revoked_at.is_(None), ApiKey.expires_at > sa.func.now())
COMPANY: Final = sa.bindparam("company", type_=sa.Uuid())
VALID_KEYS: Final = join_settings(
    sa.select(ApiKey.id, ApiKey.user_id, ApiKey.roles, *VIEWER_PARAMETERS, *VIEWER_COLUMNS)
    .join(Company, Company.id == ApiKey.company_id)
    .where(IS_VALID)
)
BY_KEY: Final = VALID_KEYS.where(ApiKey.id == sa.bindparam("key", type_=sa.Uuid()))
BY_KEY_CREDENTIAL: Final = VALID_KEYS.where(
    ApiKey.prefix == sa.bindparam("prefix", type_=sa.Text()),
    ApiKey.secret_hash == sa.bindparam("secret_hash", type_=sa.Text()),
    sa.or_(sa.func.cardinality(ApiKey.origins) == 0, sa.bindparam("origin", type_=sa.Text()) == sa.any_(ApiKey.origins)),
).add_columns(sa.func.coalesce(ApiKey.last_used_at < TODAY, sa.true()).label("first_today"))
PORTAL_ORIGIN: Final = sa.bindparam("portal_origin", type_=sa.Uuid())  # NULL if the settings list the session's origin
EMBEDDED: Final = join_settings(  # which company an embed session can be for is decided when it's created, and never changes
    sa.select(ApiKey.user_id, *VIEWER_PARAMETERS, *VIEWER_COLUMNS)
    .select_from(ApiKey)
    .join(Company, Company.id == COMPANY)
    .where(ApiKey.id == sa.bindparam("key", type_=sa.Uuid()), IS_VALID)
    .where(
        sa.or_(
            PORTAL_ORIGIN.is_(None), sa.exists().where(PortalOrigin.id == PORTAL_ORIGIN, PortalOrigin.verified_at.is_not(None))
        )
    )
)
BY_WEBHOOK_ENDPOINT: Final = join_settings(
    sa.select(WebhookEndpoint.roles, *VIEWER_PARAMETERS, *VIEWER_COLUMNS)
    .join(Company, Company.id == WebhookEndpoint.company_id)
    .where(WebhookEndpoint.id == sa.bindparam("endpoint", type_=sa.Uuid()), WebhookEndpoint.enabled)
)
IDENTITIES: Final = join_settings(
    sa.select(FederatedIdentity.id, Membership.user_id, Membership.roles, *VIEWER_PARAMETERS, *VIEWER_COLUMNS)
    .select_from(FederatedIdentity)
    .join(IdentityIssuer, IdentityIssuer.id == FederatedIdentity.issuer_id)
    .join(
        Membership,
        sa.and_(Membership.id == FederatedIdentity.membership_id, Membership.company_id == IdentityIssuer.company_id),
    )
    .join(Company, Company.id == Membership.company_id)
)
BY_IDENTITY: Final = IDENTITIES.where(FederatedIdentity.id == sa.bindparam("identity", type_=sa.Uuid()))


def names(issuers: Any) -> sa.ColumnElement[bool]:
    """Return the condition that an issuer is the one that a token names, with one of the token's audiences."""
    audiences = sa.bindparam("audiences", type_=postgresql.ARRAY(sa.Text()))
    named: sa.ColumnElement[bool] = sa.and_(
        issuers.issuer == sa.bindparam("issuer", type_=sa.Text()), issuers.audience == sa.any_(audiences)
    )
    return named


OTHER: Final = aliased(IdentityIssuer)
IS_NAMED: Final = sa.and_(  # a token for the audiences of two companies is for neither of them
    names(IdentityIssuer), ~sa.exists().where(names(OTHER), OTHER.id != IdentityIssuer.id)
)
NAMED_ISSUER: Final = sa.select(IdentityIssuer.id).where(IS_NAMED)
BY_SUBJECT: Final = IDENTITIES.where(IS_NAMED, FederatedIdentity.subject == sa.bindparam("subject", type_=sa.Text()))
MEMBER_BY_EMAIL: Final = (
    sa.select(Membership.user_id, Membership.id)
    .join(User, User.id == Membership.user_id)
    .where(sa.func.lower(User.email) == sa.func.lower(sa.bindparam("email", type_=sa.Text())))
    .order_by(User.claimed.desc(), Membership.id)
    .limit(1)
)

Build = Callable[[Sequence[Any], UUID], Viewer | None]
"""Builds the viewer of a row, or None if it's another user's."""


@dataclass(frozen=True, slots=True)
class SessionFacts:
    """The session that an access token belongs to, and when its user signed in."""

    session_id: UUID
    auth_time: datetime | None


@dataclass(frozen=True, slots=True)
class EmbedFacts:
    """What an embed session's token says: the API key that made it, the company it acts for, and how (V52).

    `portal_origin_id` is the verified portal origin that allowed it, with which it ends too. None means that the settings did, by
    listing `origin`.
    """

    key_id: UUID
    company_id: UUID
    roles: tuple[str, ...]
    origin: str
    external_user: str | None = None
    portal_origin_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class IdentityFacts:
    """What a verified token of a company's issuer says: the issuer, the audiences, and who signed in when (V53)."""

    issuer: str
    audiences: tuple[str, ...]
    subject: str
    email: str = field(repr=False)
    auth_time: datetime | None = None


@dataclass(frozen=True, slots=True)
class Member:
    """A user as a member of a company."""

    user_id: UUID
    membership_id: UUID


async def find_member(engine: AsyncEngine, email: str) -> Member | None:
    """Return the user with this email address, as a member of the company joined first, or None."""
    if "\0" in email:  # PostgreSQL doesn't allow NUL in text
        return None
    async with engine.connect() as connection:
        row = (await connection.execute(MEMBER_BY_EMAIL, {"email": email})).one_or_none()
    return row and Member(row.user_id, row.id)


async def find_viewer(reader: FactsReader, user_id: UUID, company_id: UUID) -> Viewer | None:
    """Load the current viewer of a user in a company, or None if the user isn't a member."""
    return _signed_in(await reader.fetch(BY_USER_AND_COMPANY, {"user": user_id, "company": company_id}), user_id)


async def load_viewer(
    reader: FactsReader, user_id: UUID, membership_id: UUID | None, session: SessionFacts | None = None
) -> Viewer | None:
    """Load the current viewer of a membership, or None if it or the session ended. Settings take effect immediately (V2).

    Without a membership, the viewer is the user alone, who needs a session (V45). The session costs no statement of its own.
    """
    if session is None:
        rows = [] if membership_id is None else await reader.fetch(BY_MEMBERSHIP, {"membership": membership_id})
        return _remembered(_signed_in, rows, user_id)
    if membership_id is None:
        rows, build = await reader.fetch(BY_SESSION, {"session": session.session_id}), _alone
    else:
        keys = {"membership": membership_id, "session": session.session_id}
        rows, build = await reader.fetch(BY_MEMBERSHIP_AND_SESSION, keys), _signed_in
    return _remembered(build, rows, user_id, session)


def _remembered(build: Build, rows: Sequence[Any], user_id: UUID, session: SessionFacts | None = None) -> Viewer | None:
    """Return the viewer that `build` makes of rows, in its session. That of a remembered row is built once."""
    if not rows:
        return None
    signed_in = (None, None) if session is None else (session.session_id, session.auth_time)
    key = user_id, *signed_in, signed_in[1] is None or _is_recent(signed_in[1])
    derived = rows[0].derived if isinstance(rows[0], FactsRow) else {}
    if key not in derived:
        viewer = build(rows, user_id)
        derived[key] = viewer if viewer is None or session is None else in_session(viewer, *signed_in)
    found: Viewer | None = derived[key]
    return found


def in_session(viewer: Viewer, session_id: UUID | None, auth_time: datetime | None) -> Viewer:
    """Return the viewer as it's signed in by a session's token. Its sign-in gets stale (V66)."""
    signed_in = replace(viewer, session_id=session_id, auth_time=auth_time)
    return signed_in if auth_time is None or _is_recent(auth_time) else _without_recent_sign_in(signed_in)


def _is_recent(auth_time: datetime) -> bool:
    return now() - auth_time <= RECENT_SIGN_IN


@lru_cache(SHAPE_CACHE_SIZE)
def _stale(shape: Shape) -> Shape:
    return replace(shape, sign_in_stale=True)


def _alone(rows: Sequence[Any], user_id: UUID) -> Viewer | None:
    """Build the viewer of a user without a company, or None without its session."""
    return Viewer(shape=USER, user_id=user_id, signed_in_id=user_id) if rows and rows[0][0] == user_id else None


async def load_key_viewer(
    reader: FactsReader, engine: AsyncEngine, prefix: str, secret_hash: str, origin: str | None
) -> Viewer | None:
    """Load the current viewer of an API key, or None if the key isn't valid for this origin. Records the day of the use (V51)."""
    values = {"prefix": prefix, "secret_hash": secret_hash, "origin": origin}
    rows = await reader.fetch(BY_KEY_CREDENTIAL, values)
    if not rows:
        return None
    *row, first_today = rows[0]
    if first_today:
        async with engine.connect() as connection:
            await connection.execute(sa.update(ApiKey).where(ApiKey.id == row[0]).values(last_used_at=TODAY))
    return _with_key(row)


async def find_key_viewer(reader: FactsReader, key: UUID) -> Viewer | None:
    """Load the current viewer of an API key that has already been checked, or None if it has ended."""
    rows = await reader.fetch(BY_KEY, {"key": key})
    return _with_key(list(rows[0])) if rows else None


async def find_embed_viewer(
    reader: FactsReader, key: UUID, company: UUID, roles: tuple[str, ...], portal_origin: UUID | None
) -> Viewer | None:
    """Load the current viewer of an embed session: a member of the company with these roles.

    Returns None if the API key has ended, or the portal origin has been removed (V52).
    """
    rows = await reader.fetch(EMBEDDED, {"key": key, "company": company, "portal_origin": portal_origin})
    if not rows:
        return None
    user, *facts = rows[0]
    viewer = replace(viewer_of(roles, facts, user), embed_key_id=key, portal_origin_id=portal_origin)
    return _without_recent_sign_in(viewer)


async def load_embed_viewer(reader: FactsReader, embed: EmbedFacts, listed: AllowedOrigins) -> Viewer | None:
    """Load the current viewer of an embed session's token, or None if the session has ended.

    A session of no portal origin ends when the settings no longer list its origin.
    """
    if embed.portal_origin_id is None and not listed.lists(embed.origin):
        return None
    viewer = await find_embed_viewer(reader, embed.key_id, embed.company_id, embed.roles, embed.portal_origin_id)
    return viewer and replace(viewer, external_user=embed.external_user)


async def find_endpoint_viewer(reader: FactsReader, endpoint: UUID) -> Viewer | None:
    """Load the current viewer of a webhook endpoint: its company with its roles, and no user. None if the endpoint is disabled."""
    rows = await reader.fetch(BY_WEBHOOK_ENDPOINT, {"endpoint": endpoint})
    if not rows:
        return None
    roles, *facts = rows[0]
    return _without_recent_sign_in(viewer_of(roles, facts))


async def is_named_issuer(reader: FactsReader, issuer: str, audiences: tuple[str, ...]) -> bool:
    """Return whether exactly one company has named an issuer with one of these audiences (V53)."""
    return bool(await reader.fetch(NAMED_ISSUER, {"issuer": issuer, "audiences": audiences}))


async def find_subject_viewer(reader: FactsReader, facts: IdentityFacts) -> Viewer | None:
    """Load the current viewer of a token of a company's issuer, or None if its subject isn't known as a member (V53)."""
    values = {"issuer": facts.issuer, "audiences": facts.audiences, "subject": facts.subject}
    return _vouched_for(await reader.fetch(BY_SUBJECT, values), facts.auth_time)


async def find_identity_viewer(reader: FactsReader, identity: UUID, auth_time: datetime | None) -> Viewer | None:
    """Load the current viewer of a member whom its company's issuer has already identified, or None if that has ended."""
    return _vouched_for(await reader.fetch(BY_IDENTITY, {"identity": identity}), auth_time)


def _vouched_for(rows: Sequence[Any], auth_time: datetime | None) -> Viewer | None:
    """Build the viewer of an identity's row. Its sign-in is stale unless the issuer says that it's recent.

    It isn't signed in as the user: an issuer speaks for a member of its company, not for the person in other companies.
    """
    if not rows:
        return None
    key, user, roles, *facts = rows[0]
    viewer = replace(viewer_of(roles, facts, user), identity_id=key, auth_time=auth_time)
    return viewer if auth_time is not None and _is_recent(auth_time) else _without_recent_sign_in(viewer)


def _with_key(row: Sequence[Any]) -> Viewer:
    """Build the viewer of an API key's row. It acts as the key's own user, who has no sessions, password or notifications."""
    key, user, roles, *facts = row
    return _without_recent_sign_in(replace(viewer_of(roles, facts, user), api_key_id=key))


def _without_recent_sign_in(viewer: Viewer) -> Viewer:
    """Return the viewer as one that does nothing that needs a recent sign-in, as every API key and embed session is (V66)."""
    return replace(viewer, shape=_stale(viewer.shape))


def _signed_in(rows: Sequence[Any], user_id: UUID) -> Viewer | None:
    """Build the viewer of a membership's row, or None without a row or if it's another user's."""
    if not rows:
        return None
    user, roles, *facts = rows[0]
    return viewer_of(roles, facts, user, signed_in_id=user) if user == user_id else None


def viewer_of(
    roles: Sequence[str], facts: Sequence[Any], user_id: UUID | None = None, *, signed_in_id: UUID | None = None
) -> Viewer:
    """Build a viewer with these roles in a company. `facts` are VIEWER_PARAMETERS and VIEWER_COLUMNS."""
    company_id, partner_id, markets, *rest = facts
    shape = _shape(tuple(roles), *rest)
    return Viewer(
        shape=shape,
        user_id=user_id,
        signed_in_id=signed_in_id,
        company_id=company_id,
        partner_id=partner_id,
        markets=frozenset(markets),
    )


@lru_cache(SHAPE_CACHE_SIZE)
def _shape(roles: tuple[str, ...], kind: str, supported_by: Any, *settings: bool | None) -> Shape:
    """Build the shape of these facts. `settings` are those of the account, then its partner's defaults, as in SETTINGS."""
    if kind != AccountKind.MANAGED:
        return Shape(kind=str(kind), roles=tuple(sorted(roles)))
    overrides = zip(SETTINGS, settings, settings[len(SETTINGS) :], strict=False)
    shown = {name: effective(name, override, default, supported_by).enabled for name, override, default in overrides}
    return Shape(
        kind=str(kind),
        roles=tuple(sorted(roles)),
        supported_by=str(supported_by),
        pricing_shown=shown["pricing"],
        chat_shown=shown["chat_support"],
        dashboard_shown=shown["dashboard"],
        company_profile_shown=shown["company_profile"],
        order_approval_required=shown["order_approval"],
    )
