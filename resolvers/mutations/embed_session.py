"""Embed sessions: a portal exchanges its API key for a short-lived token for its pages (V52, in the manner of RFC 8693)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from choices import MemberRole
from models import Company, PortalOrigin
from models.base import now
from resolvers.mutations.api_key import INVALID_ORIGIN
from resolvers.reading.viewers import EmbedFacts
from resolvers.values.messages import worded
from resolvers.values.web_addresses import web_origin
from resolvers.writing.input_reader import InputReader
from resolvers.writing.procedures import Steps
from resolvers.writing.unit_of_work import UnitOfWork, requires
from resolvers.writing.user_errors import ErrorCode

MAX_SECONDS: Final = 3600
MIN_SECONDS: Final = 60
DEFAULT_SECONDS: Final = 900
MAX_EXTERNAL_USER_LENGTH: Final = 200  # characters
INVALID_SECONDS: Final = worded("Must be from {minimum} to {maximum} seconds.", minimum=MIN_SECONDS, maximum=MAX_SECONDS)
NOT_VERIFIED: Final = "The origin isn't a verified portal origin of your company. Add it with setPortalOrigins, and verify it."
NOT_OF_KEY: Final = "The API key doesn't have this role."


@requires(Company="create_embed_session")
async def create_embed_session(steps: Steps, _fields: InputReader) -> Mapping[str, Any]:
    """Return a token of a company's embed session, for pages of one origin. Nothing is stored: it ends with its API key (V59)."""
    embed, seconds = await steps.transact(_embed)
    viewer, tokens = steps.context.viewer, steps.context.services.tokens
    assert viewer.user_id is not None  # noqa: S101 (an API key acts as a user)
    token = tokens.issue_embedded(viewer.user_id, embed, seconds)
    return {"token": token, "expires_at": now() + timedelta(seconds=seconds)}


async def _embed(work: UnitOfWork, fields: InputReader) -> tuple[EmbedFacts, int]:
    """Read and check an embed session. Raises MutationRejected."""
    company = await work.lock_for_update(fields, "company_id", "Company", "create_embed_session")
    roles, origin, seconds = _read_roles(work, fields), web_origin(fields.value("origin")), fields.value("seconds")
    external_user = fields.text("external_user", MAX_EXTERNAL_USER_LENGTH, required=False)
    portal_origin = None
    if origin is None:
        fields.add_error(ErrorCode.INVALID_VALUE, INVALID_ORIGIN, "origin")
    elif company is not None:
        portal_origin = await _portal_origin(work, fields, company, origin)
    if seconds is not None and not MIN_SECONDS <= seconds <= MAX_SECONDS:
        fields.add_error(ErrorCode.INVALID_VALUE, INVALID_SECONDS, "seconds")
    work.errors.raise_if_any()
    key = work.context.viewer.api_key_id
    assert key is not None  # noqa: S101 (policy allows only API keys)
    facts = EmbedFacts(key, company.id, roles, origin or "", external_user, portal_origin)
    return facts, seconds or DEFAULT_SECONDS


async def _portal_origin(work: UnitOfWork, fields: InputReader, company: Company, origin: str) -> UUID | None:
    """Return the verified portal origin that a session will end with, or None if only the settings list its origin.

    It's one of the key's company, of its partner, or of the company to act for. Adds an error for any other origin.
    """
    viewer = work.context.viewer
    owners = {viewer.company_id, viewer.partner_id, company.id} - {None}
    verified = (PortalOrigin.origin == origin, PortalOrigin.verified_at.is_not(None), PortalOrigin.company_id.in_(owners))
    found: UUID | None = await work.scalar(sa.select(PortalOrigin.id).where(*verified).order_by(PortalOrigin.id))
    if found is None and not work.context.services.origins.lists(origin):
        fields.add_error(ErrorCode.ORIGIN_NOT_VERIFIED, NOT_VERIFIED, "origin")
    return found


def _read_roles(work: UnitOfWork, fields: InputReader) -> tuple[str, ...]:
    """Read the roles of an embed session: by default, all roles of its API key, and never another one."""
    own = work.context.viewer.shape.roles
    given = fields.enum_values("roles", len(MemberRole), tuple(MemberRole))
    for index, role in enumerate(fields.value("roles") or ()):
        if role not in own:
            fields.add_error(ErrorCode.INVALID_VALUE, NOT_OF_KEY, "roles", str(index))
    return tuple(sorted(given)) or own
