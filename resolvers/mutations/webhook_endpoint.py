"""Mutations of webhook endpoints. A secret is in the payload of the mutation that makes it, and nowhere else (V52)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import ada_url
import sqlalchemy as sa
from uuid6 import uuid7

from choices import MemberRole
from models import WebhookDelivery, WebhookEndpoint
from models.base import now
from models.webhook_endpoint import (
    ENDPOINT_ROLES,
    MAX_DESCRIPTION_LENGTH,
    MAX_ENDPOINTS,
    MAX_TESTS,
    PREVIOUS_SECRET,
    SUBSCRIBABLE,
    WebhookDeliveryStatus,
    WebhookEvent,
)
from resolvers.mutations.membership import check_roles, read_roles
from resolvers.values.encryption import encrypt
from resolvers.values.identifiers import Identifier
from resolvers.values.messages import worded
from resolvers.values.web_addresses import is_secure
from resolvers.values.webhook_secrets import PURPOSE, generate
from resolvers.writing.field_readers import FieldReader, assign, read_present, required_value, text
from resolvers.writing.input_reader import InputReader
from resolvers.writing.runner import ChangedIds
from resolvers.writing.unit_of_work import UnitOfWork, requires
from resolvers.writing.user_errors import ErrorCode

NOT_ADMIN: Final = "A webhook endpoint can't have the role ACCOUNT_ADMIN."
NO_EVENT: Final = "Choose at least one event."
NOT_SUBSCRIBABLE: Final = "Every endpoint gets this event when somebody tests it. Choose other events."
TOO_MANY_ENDPOINTS: Final = worded("The company already has {limit} webhook endpoints. Delete one first.", limit=MAX_ENDPOINTS)
TOO_MANY_TESTS: Final = worded("You can send {limit} tests in an hour. Try again later.", limit=MAX_TESTS)
INVALID_ADDRESS: Final = (
    "Enter a URL with https, the default port, no user and no fragment, such as https://example.com/webhooks."
)
STILL_PENDING: Final = "The delivery is still PENDING. The gateway sends it automatically."
DISABLED: Final = "The endpoint is disabled. Enable it first."
TEST_WINDOW: Final = timedelta(hours=1)


@requires(Company="create_webhook_endpoint")
async def create_webhook_endpoint(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Create a webhook endpoint of a company. Return its secret too."""
    company = await work.acting_company(fields, "create_webhook_endpoint")
    values = {name: read(fields, name) for name, read in _readers(work).items()}
    if company is not None:
        await check_roles(work, fields, values["roles"], company.id)
        await _check_number(work, company.id)
    work.errors.raise_if_any()
    key, secret = uuid7(), generate()
    await work.add(WebhookEndpoint(id=key, company_id=company.id, secret=_encrypted(work, secret, key), **values))
    return {"webhook_endpoint": Identifier("WebhookEndpoint", key), "secret": secret}


@requires(WebhookEndpoint="update")
async def update_webhook_endpoint(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Change a webhook endpoint. One that fails is tried again at once, and one that is enabled starts anew."""
    endpoint = await work.lock_for_update(fields, "id", "WebhookEndpoint", "update")
    values = read_present(fields, {**_readers(work), "enabled": required_value})
    if endpoint is not None:
        await check_roles(work, fields, values.get("roles", ()), endpoint.company_id)
        work.check_and_bump_version(fields, endpoint)
    work.errors.raise_if_any()
    if values.get("enabled") and not endpoint.enabled:
        endpoint.failing_since = None
    endpoint.resume()
    assign(endpoint, values)
    return {"webhook_endpoint": Identifier("WebhookEndpoint", endpoint.id)}


@requires(WebhookEndpoint="delete")
async def delete_webhook_endpoint(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Delete a webhook endpoint and its deliveries. Nothing more is sent to it."""
    endpoint = await work.lock_for_update(fields, "id", "WebhookEndpoint", "delete")
    work.errors.raise_if_any()
    await work.session.delete(endpoint)
    return {"webhook_endpoint_id": Identifier("WebhookEndpoint", endpoint.id)}


@requires(WebhookEndpoint="rotate_secret")
async def rotate_webhook_secret(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Give a webhook endpoint a new secret, and return it. For a day, the previous secret signs too."""
    endpoint = await work.lock_for_update(fields, "id", "WebhookEndpoint", "rotate_secret")
    work.errors.raise_if_any()
    secret = generate()
    endpoint.previous_secret, endpoint.previous_secret_until = endpoint.secret, now() + PREVIOUS_SECRET
    endpoint.secret = _encrypted(work, secret, endpoint.id)
    return {"webhook_endpoint": Identifier("WebhookEndpoint", endpoint.id), "secret": secret}


@requires(WebhookEndpoint="test")
async def test_webhook_endpoint(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Send a test to a webhook endpoint."""
    endpoint = await work.lock_for_update(fields, "id", "WebhookEndpoint", "test")
    if endpoint is not None:
        await _check_tests(work, fields, endpoint)
    work.errors.raise_if_any()
    delivery = WebhookDelivery(
        company_id=endpoint.company_id,
        endpoint_id=endpoint.id,
        event=WebhookEvent.WEBHOOK_TEST,
        subject_type="WebhookEndpoint",
        subject_key=endpoint.id,
        give_up_at=now(),
    )
    await work.add(delivery)
    return {"webhook_delivery": Identifier("WebhookDelivery", delivery.id)}


@requires(WebhookDelivery="replay")
async def replay_webhook_delivery(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Send an event again that was delivered, or that wasn't and isn't tried any more. It keeps its ID."""
    delivery = await work.lock_for_update(fields, "id", "WebhookDelivery", "replay")
    if delivery is not None and delivery.status == WebhookDeliveryStatus.PENDING:
        fields.add_error(ErrorCode.ILLEGAL_STEP, STILL_PENDING, "id")
    endpoint: Any = None
    if delivery is not None:
        endpoints = sa.select(WebhookEndpoint).where(WebhookEndpoint.id == delivery.endpoint_id)
        endpoint = await work.scalar(endpoints.with_for_update(key_share=True))
        _check_enabled(fields, endpoint)
    work.errors.raise_if_any()
    delivery.replay()
    endpoint.resume()
    return {"webhook_delivery": Identifier("WebhookDelivery", delivery.id)}


def _readers(work: UnitOfWork) -> Mapping[str, FieldReader]:
    """Return the readers of the fields that creating and updating an endpoint share."""
    local = work.context.services.local_hosts
    return {
        "url": lambda fields, name: _read_url(fields, name, local=local),
        "description": text(MAX_DESCRIPTION_LENGTH, required=False),
        "events": _read_events,
        "roles": _read_roles,
    }


def _read_url(fields: InputReader, name: str, *, local: bool) -> str | None:
    """Read the address of a receiver, in the form in which it's called. With `local`, it can be on this machine, on any port."""
    address = fields.url(name, required=True)
    if address is None:
        return None
    url = ada_url.URL(address)
    if not is_secure(url, local=local) or url.hash or (url.port and not local):
        fields.add_error(ErrorCode.INVALID_VALUE, INVALID_ADDRESS, name)
        return None
    return str(url.href)


def _read_events(fields: InputReader, name: str) -> list[str]:
    """Read the events of an endpoint: at least one, each once, in the order of WebhookEvent."""
    if not fields.value(name):
        fields.add_error(ErrorCode.REQUIRED, NO_EVENT, name)
    given = fields.enum_values(name, len(WebhookEvent), tuple(WebhookEvent))
    if WebhookEvent.WEBHOOK_TEST in given:
        fields.add_error(ErrorCode.INVALID_VALUE, NOT_SUBSCRIBABLE, name)
    return [event.value for event in SUBSCRIBABLE if event in given]


def _read_roles(fields: InputReader, _name: str) -> list[str]:
    """Read the roles of an endpoint: those of a member, but never an account administrator's."""
    roles = read_roles(fields)
    if MemberRole.ACCOUNT_ADMIN in roles:
        fields.add_error(ErrorCode.INVALID_VALUE, NOT_ADMIN, "roles")
    return [role for role in roles if role in ENDPOINT_ROLES]


def _encrypted(work: UnitOfWork, secret: str, endpoint: UUID) -> bytes:
    return encrypt(secret, endpoint, work.context.services.tokens.secrets(PURPOSE))


async def _check_number(work: UnitOfWork, company: UUID) -> None:
    """Add an error if the company has as many endpoints as it can have. Two creations run one after the other."""
    await work.serialize("webhook endpoints", str(company))
    number = sa.select(sa.func.count()).select_from(WebhookEndpoint).where(WebhookEndpoint.company_id == company)
    if await work.scalar(number) >= MAX_ENDPOINTS:
        work.errors.add(ErrorCode.TOO_MANY, TOO_MANY_ENDPOINTS)


async def _check_tests(work: UnitOfWork, fields: InputReader, endpoint: WebhookEndpoint) -> None:
    """Add an error if an endpoint is disabled, or was tested too often. The endpoint is locked."""
    _check_enabled(fields, endpoint)
    tests = (
        WebhookDelivery.endpoint_id == endpoint.id,
        WebhookDelivery.event == WebhookEvent.WEBHOOK_TEST,
        WebhookDelivery.created_at > now() - TEST_WINDOW,
    )
    number: sa.Select[Any] = sa.select(sa.func.count()).select_from(WebhookDelivery).where(*tests)
    if await work.scalar(number) >= MAX_TESTS:
        work.errors.add(ErrorCode.TOO_MANY, TOO_MANY_TESTS)


def _check_enabled(fields: InputReader, endpoint: WebhookEndpoint) -> None:
    if not endpoint.enabled:
        fields.add_error(ErrorCode.LOCKED, DISABLED, "id")
