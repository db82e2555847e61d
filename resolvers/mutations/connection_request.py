"""Mutations of connection requests: a customer sends and withdraws one, the provider accepts or denies it (V16).

Emails tell each side only what it can read: not who the other side is, because policy may hide that (V18).
"""

from __future__ import annotations

from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa

from choices import MemberRole
from models import ConnectionRequest, MarketplaceProfile, Port
from models.base import now
from models.connection_request import ConnectionRequestStatus
from models.notification import NotificationKind
from models.port import PortStatus
from resolvers.notifying.message_templates import connection_decided, connection_requested
from resolvers.notifying.notifications import notify_company, queue_mail
from resolvers.values.identifiers import Identifier
from resolvers.writing.input_reader import InputReader
from resolvers.writing.runner import ChangedIds
from resolvers.writing.unit_of_work import UnitOfWork, requires
from resolvers.writing.user_errors import ErrorCode

MAX_NAME_LENGTH: Final = 64  # characters
MAX_REASON_LENGTH: Final = 500
NOTIFIED_ROLES: Final = (MemberRole.ACCOUNT_ADMIN, MemberRole.NETWORK_ADMIN)
NOT_ACTIVE: Final = "This port isn't ACTIVE. Only ACTIVE ports can be connected."
ENDS_NOT_ACTIVE: Final = "One of the ports isn't ACTIVE. Only ACTIVE ports can be connected."
PENDING_ALREADY: Final = "There is already a pending request between these two ports."


@requires(Port="connect", MarketplacePort="connect")
async def request_connection(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Request a connection from the viewer's own port to a provider's public port (R029, V16, R435)."""
    port = await work.lock_for_update(fields, "port_id", "Port", "connect")
    target = await work.lock_for_share(fields, "target_port_id", "MarketplacePort", "connect")
    name = fields.text("name", MAX_NAME_LENGTH)
    _check_ends(fields, port, target)
    if port is not None and target is not None and await work.scalar(_pending(port.id, target.id)):
        fields.add_error(ErrorCode.TAKEN, PENDING_ALREADY, "target_port_id")
    work.errors.raise_if_any()
    ends = {"company_id": port.company_id, "port_id": port.id, "target_port_id": target.id, "provider_id": target.company_id}
    request = ConnectionRequest(name=name, rate_limit_mbps=fields.value("rate_limit_mbps"), **ends)
    await work.add(request)
    await _notify_provider(work, request, target)
    return _changed(request)


@requires(ConnectionRequest="answer")
async def accept_connection(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Accept a request, if both ports are still active (V16, R435)."""
    request = await work.lock_for_update(fields, "id", "ConnectionRequest", "answer")
    work.errors.raise_if_any()
    _decide(request, "accept")
    ends = sa.select(Port.status).where(Port.id.in_((request.port_id, request.target_port_id))).with_for_update(read=True)
    if {PortStatus.ACTIVE} != set(await work.session.scalars(ends)):
        fields.add_error(ErrorCode.PORT_NOT_ACTIVE, ENDS_NOT_ACTIVE, "id")
    work.errors.raise_if_any()
    await _notify_requester(work, request)
    return _changed(request)


@requires(ConnectionRequest="answer")
async def deny_connection(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Deny a request (V16)."""
    request = await work.lock_for_update(fields, "id", "ConnectionRequest", "answer")
    reason = fields.text("reason", MAX_REASON_LENGTH, required=False, lines=True)
    work.errors.raise_if_any()
    _decide(request, "deny")
    request.reason = reason
    await _notify_requester(work, request)
    return _changed(request)


@requires(ConnectionRequest="withdraw")
async def withdraw_connection(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Withdraw a pending request (V16)."""
    request = await work.lock_for_update(fields, "id", "ConnectionRequest", "withdraw")
    work.errors.raise_if_any()
    _decide(request, "withdraw")
    return _changed(request)


async def end_pending(work: UnitOfWork, port: UUID) -> None:
    """End the pending requests at a port that ends: withdraw the port's own, and deny those to it (V16)."""
    pending = requests_at(port, ConnectionRequestStatus.PENDING).order_by(ConnectionRequest.id).with_for_update()
    for request in (await work.session.scalars(pending)).all():
        if request.port_id == port:
            _decide(request, "withdraw")
        else:
            _decide(request, "deny")
            await _notify_requester(work, request)


def requests_at(port: UUID, status: ConnectionRequestStatus) -> sa.Select[Any]:
    """Select the requests from or to a port with this status."""
    ends = (ConnectionRequest.port_id == port) | (ConnectionRequest.target_port_id == port)
    return sa.select(ConnectionRequest).where(ends, ConnectionRequest.status == status)


def _check_ends(fields: InputReader, port: Port | None, target: Port | None) -> None:
    """Check that both ports are active and of different companies, and that the rate limit fits both."""
    for end, name in ((port, "port_id"), (target, "target_port_id")):
        if end is not None and end.status != PortStatus.ACTIVE:
            fields.add_error(ErrorCode.PORT_NOT_ACTIVE, NOT_ACTIVE, name)
    if port is not None and target is not None and port.company_id == target.company_id:
        fields.add_error(ErrorCode.INVALID_VALUE, "Choose a port of another company.", "target_port_id")
    rate, speeds = fields.value("rate_limit_mbps"), [end.speed_mbps for end in (port, target) if end is not None]
    if rate < 1 or any(rate > speed for speed in speeds):
        fields.add_error(ErrorCode.INVALID_VALUE, "Must be between 1 Mbps and the speed of the slower port.", "rate_limit_mbps")


def _pending(port: UUID, target: UUID) -> sa.Select[Any]:
    """Select a pending request between two ports. The caller must have locked the requesting port."""
    between = (ConnectionRequest.port_id == port, ConnectionRequest.target_port_id == target)
    return sa.select(ConnectionRequest.id).where(*between, ConnectionRequest.status == ConnectionRequestStatus.PENDING)


def _decide(request: ConnectionRequest, action: str) -> None:
    """Move a request to its final status. Raises IllegalStep."""
    request.take_step(action)
    request.decided_at = now()


async def _notify_provider(work: UnitOfWork, request: ConnectionRequest, target: Port) -> None:
    """Notify the provider, and email the profile's contact address. Uses the provider's own name of the port (R018, V16)."""
    kind, subject = NotificationKind.CONNECTION_REQUESTED, Identifier("ConnectionRequest", request.id)
    message = connection_requested(target.name, request.name, request.rate_limit_mbps, work.context.services.site_url)
    await notify_company(work.session, kind, target.company_id, message, roles=NOTIFIED_ROLES, subject=subject)
    address = await work.scalar(
        sa.select(MarketplaceProfile.contact_email).where(MarketplaceProfile.company_id == target.company_id)
    )
    await queue_mail(work.session, kind, address, message)


async def _notify_requester(work: UnitOfWork, request: ConnectionRequest) -> None:
    """Notify the requester, without the provider's name: policy may hide it by now (V16, V18)."""
    accepted = request.status == ConnectionRequestStatus.ACCEPTED
    message = connection_decided(
        request.name, accepted=accepted, reason=request.reason, site_url=work.context.services.site_url
    )
    subject = Identifier("ConnectionRequest", request.id)
    await notify_company(
        work.session, NotificationKind.CONNECTION_DECIDED, request.company_id, message, roles=NOTIFIED_ROLES, subject=subject
    )


def _changed(request: ConnectionRequest) -> ChangedIds:
    return {"connection_request": Identifier("ConnectionRequest", request.id)}
