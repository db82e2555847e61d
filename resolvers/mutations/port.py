"""What is done to ports: they are ordered, configured, brought into service and ended."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from models import Company, Location, OrderApproval, Port, Price
from models.base import now
from models.connection_request import ConnectionRequestStatus
from models.notification import NotificationKind
from models.port import ENDED, TERMS_MONTHS, PortStatus, PortVisibility
from models.price import PriceKind, price_of
from resolvers.mutations.connection_request import end_waiting, requests_at
from resolvers.mutations.order_checks import check_company, check_location, check_market, check_speed
from resolvers.notifying import message_templates
from resolvers.notifying.notifications import notify_company
from resolvers.values.identifiers import Identifier
from resolvers.writing.field_readers import Read, assign, given, text, word
from resolvers.writing.input_reader import InputReader
from resolvers.writing.runner import ChangedIds
from resolvers.writing.unit_of_work import UnitOfWork, requires
from resolvers.writing.user_errors import ErrorCode

MAX_NAME_LENGTH: Final = 64  # V7
MAX_COST_CENTRE_LENGTH: Final = 64
MAX_PLACE_LENGTH: Final = 64
DEMARCATION: Final = ("cage", "rack", "panel", "ports")
RIGHTS: Final = {"visibility": "publish", "term_months": "change_term"}  # what is not for all who may change a port
NOT_OFFERED: Final = "A port of {} Mbps for {} months is not offered there."
ENDED_PORT: Final = "The port is {}: its term does not change any more."
IN_USE: Final = "The port has live connections, which have to be ended first."


@requires(Company="order_port")
async def order_port(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Order a port at today's price; where the partner's approval is needed, ask for it instead (R431, V12, V13)."""
    company = await work.acting_company(fields, "order_port")
    location = await work.lock_for_share(fields, "location_id", "Location")
    values = {
        "name": fields.text("name", MAX_NAME_LENGTH),
        "speed_mbps": fields.value("speed_mbps"),
        "term_months": fields.choice("term_months", TERMS_MONTHS),
        "cost_centre": fields.text("cost_centre", MAX_COST_CENTRE_LENGTH, required=False),
        "diversity_zone": fields.value("diversity_zone"),
    }
    await _check_place(work, fields, company, location)
    charges = await _charges(work, fields, location, values)
    visibility = await _visibility_of_new(work, fields, company)
    work.errors.raise_if_any()
    values |= {"company_id": company.id, "location_id": location.id, **charges}
    if await work.is_allowed("Company", company, "order_port_directly"):
        await work.add(port := Port(**values, visibility=visibility))
        return {"port": Identifier("Port", port.id)}
    return await _ask_for_approval(work, company, location, values)


async def _check_place(work: UnitOfWork, fields: InputReader, company: Company | None, location: Location | None) -> None:
    """Note what keeps the company from ordering, or anybody from ordering there."""
    if company is not None:
        check_company(fields, company, *(["company_id"] if fields.value("company_id") is not None else []))
    if location is not None:
        check_location(fields, location, "location_id")
    if company is not None and location is not None:
        await check_market(work, fields, company, location, "location_id")


async def _charges(work: UnitOfWork, fields: InputReader, location: Location | None, values: dict[str, Any]) -> dict[str, Any]:
    """What the port costs; notes if it cannot be had."""
    speed, term = values["speed_mbps"], values["term_months"]
    if location is None or not check_speed(fields, location, speed, "speed_mbps") or term is None:
        return {}
    price = await work.scalar(price_of(PriceKind.PORT, location.id, speed, term))
    if price is None:
        fields.add_error(ErrorCode.INVALID_VALUE, NOT_OFFERED.format(speed, term), "term_months")
        return {}
    return {"monthly_rate": price.monthly_rate, "setup_fee": price.setup_fee, "currency": price.currency}


async def _visibility_of_new(work: UnitOfWork, fields: InputReader, company: Company | None) -> PortVisibility:
    """PRIVATE unless something else is fields for by whoever may publish ports (A11, V1)."""
    wanted: PortVisibility = fields.value("visibility") or PortVisibility.PRIVATE
    if (
        wanted != PortVisibility.PRIVATE
        and company is not None
        and not await work.is_allowed("Company", company, "publish_port")
    ):
        work.report_forbidden(fields, "visibility", "Company", "publish_port")
    return wanted


async def _ask_for_approval(work: UnitOfWork, company: Company, location: Location, values: dict[str, Any]) -> ChangedIds:
    """Let the order wait, and tell the partner's administrators (V13)."""
    services = work.context.services
    expires = now() + timedelta(days=services.order_approval_days)
    approval = OrderApproval(**values, requested_by=work.context.viewer.user_id, expires_at=expires)
    await work.add(approval)
    subject = Identifier("OrderApproval", approval.id)
    if company.partner_id is not None:
        order = message_templates.order(approval.name, approval.speed_mbps, location.name)
        notice = message_templates.order_approval_requested(company.trading_name, order, services.public_url)
        await notify_company(
            work.session, NotificationKind.ORDER_APPROVAL_REQUESTED, company.partner_id, notice, subject=subject
        )
    return {"order_approval": subject}


def _term(fields: InputReader, name: str) -> int | None:
    """A term that contracts may have (V7), which cannot be null."""
    term: int | None = None if word(fields, name) is None else fields.choice(name, TERMS_MONTHS)
    return term


# What an update reads. A cost centre may be taken away, nothing else.
CONFIGURED: Final[Mapping[str, Read]] = {
    "name": text(MAX_NAME_LENGTH),
    "cost_centre": text(MAX_COST_CENTRE_LENGTH, required=False),
    "term_months": _term,
    "visibility": word,
}


@requires(Port="update")
async def update_port(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Change a port's name, cost centre, term or visibility. Its name on the Marketplace stays (R031, R034)."""
    port = await work.lock_for_update(fields, "id", "Port", "update")
    values = given(fields, CONFIGURED)
    if port is not None:
        await _check_rights(work, fields, port)
        values |= await _repriced(work, fields, port, values.get("term_months"))
        work.check_and_bump_version(fields, port)
    work.errors.raise_if_any()
    assign(port, values)
    return {"port": Identifier("Port", port.id)}


async def _check_rights(work: UnitOfWork, fields: InputReader, port: Port) -> None:
    """Note that the viewer may not change whether the port is shown (V1), or its term (V13)."""
    for name, action in RIGHTS.items():
        wanted = fields.value(name)
        if wanted is not None and wanted != getattr(port, name) and not await work.is_allowed("Port", port, action):
            work.report_forbidden(fields, name, "Port", action)


async def _repriced(work: UnitOfWork, fields: InputReader, port: Port, term: int | None) -> dict[str, Any]:
    """What the port costs for another term, from now on; what it was set up for stays. Notes if it cannot be had."""
    if term is None or term == port.term_months:
        return {}
    if port.status in ENDED:
        fields.add_error(ErrorCode.ILLEGAL_STEP, ENDED_PORT.format(port.status), "term_months")
        return {}
    listed = price_of(PriceKind.PORT, port.location_id, port.speed_mbps, term).where(Price.currency == port.currency)
    price = await work.scalar(listed)
    if price is None:
        fields.add_error(ErrorCode.INVALID_VALUE, NOT_OFFERED.format(port.speed_mbps, term), "term_months")
    return {} if price is None else {"monthly_rate": price.monthly_rate}


@requires(Port="allocate")
async def allocate_port(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Say where in its data centre a port is; from now on it has a letter of authorisation (R433, A44)."""
    place = fields.nested("demarcation")
    demarcation = None if place is None else {name: place.text(name, MAX_PLACE_LENGTH) for name in DEMARCATION}

    def allocate(port: Port) -> None:
        port.advance(PortStatus.ALLOCATED)
        port.demarcation = demarcation

    return await _take(work, fields, "allocate", allocate)


@requires(Port="activate")
async def activate_port(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Bring an allocated port into service (R435, A45)."""
    return await _take(work, fields, "activate", Port.activate)


@requires(Port="disable")
async def disable_port(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Take a port out of service for a while (A44)."""
    return await _take(work, fields, "disable", lambda port: port.advance(PortStatus.DISABLED))


@requires(Port="enable")
async def enable_port(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Put a port that was disabled into service again (A44)."""
    return await _take(work, fields, "enable", Port.enable)


@requires(Port="cancel")
async def cancel_port(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """End a port that was never in service (A44)."""
    return await _end(work, fields, "cancel", PortStatus.CANCELLED)


@requires(Port="decommission")
async def decommission_port(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """End a port that was in service and has no live connections (A44)."""
    return await _end(work, fields, "decommission", PortStatus.DECOMMISSIONED)


async def _take(work: UnitOfWork, fields: InputReader, action: str, step: Callable[[Port], None]) -> ChangedIds:
    """Find the port and take a step of its lifecycle. Raises IllegalStep."""
    port = await work.lock_for_update(fields, "id", "Port", action)
    work.errors.raise_if_any()
    step(port)
    return {"port": Identifier("Port", port.id)}


async def _end(work: UnitOfWork, fields: InputReader, action: str, to: PortStatus) -> ChangedIds:
    """Let a port end, and with it the requests that wait there (V16)."""
    done = await _take(work, fields, action, lambda port: port.advance(to))
    key = done["port"].key
    if await work.scalar(requests_at(key, ConnectionRequestStatus.ACCEPTED)) is not None:
        fields.add_error(ErrorCode.PORT_IN_USE, IN_USE, "id")
        work.errors.raise_if_any()
    await end_waiting(work, key)
    return done
