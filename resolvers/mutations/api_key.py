"""Mutations of API keys. A key's secret is in the payload of the mutation that creates it, and nowhere else (V51)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from choices import MemberRole
from models import ApiKey, User
from models.api_key import KEY_ROLES, MAX_KEYS, MAX_LIFETIME, MAX_NAME_LENGTH, MAX_ORIGINS
from models.base import now
from resolvers.mutations.membership import check_roles, read_roles
from resolvers.values.api_keys import generate
from resolvers.values.identifiers import Identifier
from resolvers.values.messages import worded
from resolvers.values.web_addresses import web_origin
from resolvers.writing.input_reader import TOO_MANY_ITEMS, InputReader
from resolvers.writing.runner import ChangedIds
from resolvers.writing.unit_of_work import UnitOfWork, requires
from resolvers.writing.user_errors import ErrorCode

NOT_ADMIN: Final = "An API key can't have the role ACCOUNT_ADMIN."
TOO_MANY_KEYS: Final = worded("Your company already has {limit} valid API keys. Revoke one first.", limit=MAX_KEYS)
INVALID_ORIGIN: Final = "Enter a web origin, such as https://portal.example.com. Only localhost can use http."
NOT_HTTPS: Final = "Enter a web origin with https, such as https://portal.example.com."
INVALID_EXPIRY: Final = "Choose a time within the next {days} days."


@requires(Company="create_api_key")
async def create_api_key(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Create an API key of a company, and the user that it acts as. Return its secret too."""
    company = await work.acting_company(fields, "create_api_key")
    name, roles = fields.text("name", MAX_NAME_LENGTH), read_roles(fields)
    origins, expires_at = read_origins(fields, MAX_ORIGINS), _read_expiry(fields)
    if MemberRole.ACCOUNT_ADMIN in roles:
        fields.add_error(ErrorCode.INVALID_VALUE, NOT_ADMIN, "roles")
    if company is not None:
        await check_roles(work, fields, roles, company.id)
        await _check_number(work, company.id)
    work.errors.raise_if_any()
    secret, credential = generate()
    user = User(name=name)
    await work.add(user)
    key = ApiKey(
        company_id=company.id,
        user_id=user.id,
        name=name,
        prefix=credential.prefix,
        secret_hash=credential.secret_hash,
        roles=[role for role in roles if role in KEY_ROLES],
        origins=origins,
        expires_at=expires_at,
    )
    await work.add(key)
    return {"api_key": Identifier("ApiKey", key.id), "secret": secret}


@requires(ApiKey="revoke")
async def revoke_api_key(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Revoke an API key. A key that has been revoked keeps the time of the first revocation."""
    key = await work.lock_for_update(fields, "id", "ApiKey", "revoke")
    work.errors.raise_if_any()
    key.revoked_at = key.revoked_at or now()
    return {"api_key": Identifier("ApiKey", key.id)}


def _read_expiry(fields: InputReader) -> datetime:
    """Read when the key expires: by default, as late as possible."""
    latest = now() + MAX_LIFETIME
    given: datetime = fields.value("expires_at") or latest
    expires_at = given if given.tzinfo else given.replace(tzinfo=UTC)
    if not now() < expires_at <= latest:
        fields.add_error(ErrorCode.INVALID_VALUE, worded(INVALID_EXPIRY, days=MAX_LIFETIME.days), "expires_at")
    return expires_at


def read_origins(fields: InputReader, limit: int, *, local: bool = True) -> list[str]:
    """Read web origins as browsers send them, each once. Without `local`, those on this machine can't use http either."""
    given = fields.value("origins") or []
    if len(given) > limit:
        fields.add_error(ErrorCode.TOO_MANY, worded(TOO_MANY_ITEMS, limit=limit, count=len(given)), "origins")
        return []
    origins = [web_origin(text, local=local) for text in given]
    for index, origin in enumerate(origins):
        if origin is None:
            fields.add_error(ErrorCode.INVALID_VALUE, INVALID_ORIGIN if local else NOT_HTTPS, "origins", str(index))
    return list(dict.fromkeys(filter(None, origins)))


async def _check_number(work: UnitOfWork, company: UUID) -> None:
    """Add an error if the company has as many valid keys as it can have. Two creations run one after the other."""
    await work.serialize("API keys", str(company))
    if await work.scalar(_count_valid(company)) >= MAX_KEYS:
        work.errors.add(ErrorCode.TOO_MANY, TOO_MANY_KEYS)


def _count_valid(company: UUID) -> sa.Select[Any]:
    valid = (ApiKey.company_id == company, ApiKey.revoked_at.is_(None), ApiKey.expires_at > now())
    return sa.select(sa.func.count()).select_from(ApiKey).where(*valid)
