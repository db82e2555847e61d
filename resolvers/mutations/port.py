"""Mutations of ports: order, configure, bring into service and end them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from models import Company, Location, OrderApproval, Port, Price
from models.base import now
from models.connection_request import ConnectionRequestStatus
from models.notification import NotificationKind
from models.port import ENDED, TERMS_MONTHS, PortVisibility
from models.price import PriceKind, price_of
from resolvers.mutations.connection_request import end_pending, requests_at
from resolvers.mutations.order_checks import check_location, check_market, check_speed
from resolvers.notifying import message_templates
from resolvers.notifying.notifications import notify_company
from resolvers.values.identifiers import Identifier
from resolvers.values.messages import worded
from resolvers.writing.bulk import BulkItem
from resolvers.writing.field_readers import FieldReader, assign, read_present, required_value, text
from resolvers.writing.input_reader import InputReader
from resolvers.writing.lifecycle_steps import step_command, take_step
from resolvers.writing.runner import ChangedIds
from resolvers.writing.unit_of_work import UnitOfWork, requires
from resolvers.writing.user_errors import ErrorCode

MAX_NAME_LENGTH: Final = 64  # V7
MAX_COST_CENTRE_LENGTH: Final = 64
MAX_PLACE_LENGTH: Final = 64
DEMARCATION: Final = ("cage", "rack", "panel", "ports")
EXTRA_ACTIONS: Final = {
    "visibility": "publish",
    "term_months": "change_term",
}  # fields that need another action besides "update"
NOT_OFFERED: Final = "This location doesn't offer a port of {speed_mbps} Mbps for {term_months} months."
ENDED_PORT: Final = "The port is {status}, so its term can't change."
IN_USE: Final = "The port has live connections. End them first."


@requires(Company="order_port")
async def order_port(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Order a port at today's price, or request the partner's approval if it's needed (R431, V12, V13)."""
    company = await work.acting_company(fields, "order_port")
    location = await work.lock_for_share(fields, "location_id", "Location")
    values = {
        "name": fields.text("name", MAX_NAME_LENGTH),
        "speed_mbps": fields.value("speed_mbps"),
        "term_months": fields.choice("term_months", TERMS_MONTHS),
        "cost_centre": fields.text("cost_centre", MAX_COST_CENTRE_LENGTH, required=False),
        "diversity_zone": fields.value("diversity_zone"),
    }
    await _check_orderable(work, fields, company, location)
    charges = await _read_price(work, fields, location, values)
    visibility = await _read_visibility(work, fields, company)
    work.errors.raise_if_any()
    values |= {"company_id": company.id, "location_id": location.id, **charges}
    if await work.is_allowed("Company", company, "order_port_directly"):
        await work.add(port := Port(**values, visibility=visibility))
        return {"port": Identifier("Port", port.id)}
    return await _request_approval(work, company, location, values)


async def _check_orderable(work: UnitOfWork, fields: InputReader, company: Company | None, location: Location | None) -> None:
    """Add an error for each reason why this company can't order at this location."""
    if location is not None:
        check_location(fields, location, "location_id")
    if company is not None and location is not None:
        await check_market(work, fields, company, location, "location_id")


async def _read_price(
    work: UnitOfWork, fields: InputReader, location: Location | None, values: dict[str, Any]
) -> dict[str, Any]:
    """Return the port's price. Adds an error if it isn't offered."""
    speed, term = values["speed_mbps"], values["term_months"]
    if location is None or not check_speed(fields, location, speed, "speed_mbps") or term is None:
        return {}
    price = await work.scalar(price_of(PriceKind.PORT, location.id, speed, term))
    if price is None:
        fields.add_error(ErrorCode.INVALID_VALUE, worded(NOT_OFFERED, speed_mbps=speed, term_months=term), "term_months")
        return {}
    return {"monthly_rate": price.monthly_rate, "setup_fee": price.setup_fee, "currency": price.currency}


async def _read_visibility(work: UnitOfWork, fields: InputReader, company: Company | None) -> PortVisibility:
    """Read the visibility, by default PRIVATE. Another one needs the right to publish ports (A11, V1)."""
    visibility: PortVisibility = fields.value("visibility") or PortVisibility.PRIVATE
    if visibility != PortVisibility.PRIVATE and company is not None:
        await work.check_allowed(fields, "visibility", "Company", company, "publish_port")
    return visibility


async def _request_approval(work: UnitOfWork, company: Company, location: Location, values: dict[str, Any]) -> ChangedIds:
    """Queue the order for approval and notify the partner's administrators (V13)."""
    services = work.context.services
    expires = now() + timedelta(days=services.order_approval_days)
    approval = OrderApproval(**values, requested_by=work.context.viewer.user_id, expires_at=expires)
    await work.add(approval)
    subject = Identifier("OrderApproval", approval.id)
    if company.partner_id is not None:
        order = message_templates.order(approval.name, approval.speed_mbps, location.name)
        message = message_templates.order_approval_requested(company.trading_name, order, services.site_url)
        await notify_company(
            work.session, NotificationKind.ORDER_APPROVAL_REQUESTED, company.partner_id, message, subject=subject
        )
    return {"order_approval": subject}


def _read_term(fields: InputReader, name: str) -> int | None:
    """Read a valid contract term in months (V7), which can't be null."""
    term: int | None = None if required_value(fields, name) is None else fields.choice(name, TERMS_MONTHS)
    return term


# Only the cost centre can be cleared.
UPDATE_READERS: Final[Mapping[str, FieldReader]] = {
    "name": text(MAX_NAME_LENGTH),
    "cost_centre": text(MAX_COST_CENTRE_LENGTH, required=False),
    "term_months": _read_term,
    "visibility": required_value,
}


@requires(Port="update")
async def update_port(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Update a port's name, cost centre, term or visibility. Its Marketplace name doesn't change (R031, R034)."""
    port = await work.lock_for_update(fields, "id", "Port", "update")
    values = read_present(fields, UPDATE_READERS)
    if port is not None:
        await _check_rights(work, fields, port)
        values |= await _new_price(work, fields, port, values.get("term_months"))
        work.check_and_bump_version(fields, port)
    work.errors.raise_if_any()
    assign(port, values)
    return {"port": Identifier("Port", port.id)}


@requires(Port="update")
def update_ports(values: Mapping[str, Any]) -> list[BulkItem]:
    """Return the edits of several ports, each like that of `update_port`."""
    return [BulkItem(update_port, edit, ("ports", str(number))) for number, edit in enumerate(values["ports"])]


async def _check_rights(work: UnitOfWork, fields: InputReader, port: Port) -> None:
    """Add an error if the viewer can't change the port's visibility (V1) or its term (V13)."""
    for name, action in EXTRA_ACTIONS.items():
        wanted = fields.value(name)
        if wanted is not None and wanted != getattr(port, name):
            await work.check_allowed(fields, name, "Port", port, action)


async def _new_price(work: UnitOfWork, fields: InputReader, port: Port, term: int | None) -> dict[str, Any]:
    """Return the monthly rate for a new term; the setup fee stays. Adds an error if the term isn't possible."""
    if term is None or term == port.term_months:
        return {}
    if port.status in ENDED:
        fields.add_error(ErrorCode.ILLEGAL_STEP, worded(ENDED_PORT, status=port.status), "term_months")
        return {}
    listed = price_of(PriceKind.PORT, port.location_id, port.speed_mbps, term).where(Price.currency == port.currency)
    price = await work.scalar(listed)
    if price is None:
        fields.add_error(
            ErrorCode.INVALID_VALUE, worded(NOT_OFFERED, speed_mbps=port.speed_mbps, term_months=term), "term_months"
        )
    return {} if price is None else {"monthly_rate": price.monthly_rate}


@requires(Port="allocate")
async def allocate_port(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Set a port's demarcation in its data centre. It now has a letter of authorisation (R433, A44)."""
    place = fields.nested("demarcation")
    demarcation = None if place is None else {name: place.text(name, MAX_PLACE_LENGTH) for name in DEMARCATION}
    port = await take_step(work, fields, "Port", "allocate")
    port.demarcation = demarcation
    return {"port": Identifier("Port", port.id)}


@requires(Port="activate")
async def activate_port(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Bring an allocated port into service (R435, A45)."""
    port = await take_step(work, fields, "Port", "activate")
    port.activated_at = now()
    return {"port": Identifier("Port", port.id)}


disable_port: Final = step_command("Port", "disable")
enable_port: Final = step_command("Port", "enable")


@requires(Port="cancel")
async def cancel_port(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """End a port that was never in service (A44)."""
    return await _end(work, fields, "cancel")


@requires(Port="decommission")
async def decommission_port(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """End a port that was in service and has no live connections (A44)."""
    return await _end(work, fields, "decommission")


async def _end(work: UnitOfWork, fields: InputReader, action: str) -> ChangedIds:
    """End a port and the pending connection requests at it (V16)."""
    port = await take_step(work, fields, "Port", action)
    if await work.scalar(requests_at(port.id, ConnectionRequestStatus.ACCEPTED)) is not None:
        fields.add_error(ErrorCode.PORT_IN_USE, IN_USE, "id")
        work.errors.raise_if_any()
    await end_pending(work, port.id)
    return {"port": Identifier("Port", port.id)}
