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
async def order_port(work: UnitOfWork, asked: InputReader) -> ChangedIds:
    """Order a port at today's price; where the partner's approval is needed, ask for it instead (R431, V12, V13)."""
    company = await work.owner(asked, "order_port")
    location = await work.see(asked, "location_id", "Location")
    values = {
        "name": asked.text("name", MAX_NAME_LENGTH),
        "speed_mbps": asked.value("speed_mbps"),
        "term_months": asked.one_of("term_months", TERMS_MONTHS),
        "cost_centre": asked.text("cost_centre", MAX_COST_CENTRE_LENGTH, required=False),
        "diversity_zone": asked.value("diversity_zone"),
    }
    await _check_place(work, asked, company, location)
    charges = await _charges(work, asked, location, values)
    visibility = await _visibility_of_new(work, asked, company)
    work.problems.stop()
    values |= {"company_id": company.id, "location_id": location.id, **charges}
    if await work.may("Company", company, "order_port_directly"):
        await work.add(port := Port(**values, visibility=visibility))
        return {"port": Identifier("Port", port.id)}
    return await _ask_for_approval(work, company, location, values)


async def _check_place(work: UnitOfWork, asked: InputReader, company: Company | None, location: Location | None) -> None:
    """Note what keeps the company from ordering, or anybody from ordering there."""
    if company is not None:
        check_company(asked, company, *(["company_id"] if asked.value("company_id") is not None else []))
    if location is not None:
        check_location(asked, location, "location_id")
    if company is not None and location is not None:
        await check_market(work, asked, company, location, "location_id")


async def _charges(work: UnitOfWork, asked: InputReader, location: Location | None, values: dict[str, Any]) -> dict[str, Any]:
    """What the port costs; notes if it cannot be had."""
    speed, term = values["speed_mbps"], values["term_months"]
    if location is None or not check_speed(asked, location, speed, "speed_mbps") or term is None:
        return {}
    price = await work.one(price_of(PriceKind.PORT, location.id, speed, term))
    if price is None:
        asked.note(ErrorCode.INVALID_VALUE, NOT_OFFERED.format(speed, term), "term_months")
        return {}
    return {"monthly_rate": price.monthly_rate, "setup_fee": price.setup_fee, "currency": price.currency}


async def _visibility_of_new(work: UnitOfWork, asked: InputReader, company: Company | None) -> PortVisibility:
    """PRIVATE unless something else is asked for by whoever may publish ports (A11, V1)."""
    wanted: PortVisibility = asked.value("visibility") or PortVisibility.PRIVATE
    if wanted != PortVisibility.PRIVATE and company is not None and not await work.may("Company", company, "publish_port"):
        work.forbid(asked, "visibility", "Company", "publish_port")
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


def _term(asked: InputReader, name: str) -> int | None:
    """A term that contracts may have (V7), which cannot be null."""
    term: int | None = None if word(asked, name) is None else asked.one_of(name, TERMS_MONTHS)
    return term


# What an update reads. A cost centre may be taken away, nothing else.
CONFIGURED: Final[Mapping[str, Read]] = {
    "name": text(MAX_NAME_LENGTH),
    "cost_centre": text(MAX_COST_CENTRE_LENGTH, required=False),
    "term_months": _term,
    "visibility": word,
}


@requires(Port="update")
async def update_port(work: UnitOfWork, asked: InputReader) -> ChangedIds:
    """Change a port's name, cost centre, term or visibility. Its name on the Marketplace stays (R031, R034)."""
    port = await work.find(asked, "id", "Port", "update")
    values = given(asked, CONFIGURED)
    if port is not None:
        await _check_rights(work, asked, port)
        values |= await _repriced(work, asked, port, values.get("term_months"))
        work.edit(asked, port)
    work.problems.stop()
    assign(port, values)
    return {"port": Identifier("Port", port.id)}


async def _check_rights(work: UnitOfWork, asked: InputReader, port: Port) -> None:
    """Note that the viewer may not change whether the port is shown (V1), or its term (V13)."""
    for name, action in RIGHTS.items():
        wanted = asked.value(name)
        if wanted is not None and wanted != getattr(port, name) and not await work.may("Port", port, action):
            work.forbid(asked, name, "Port", action)


async def _repriced(work: UnitOfWork, asked: InputReader, port: Port, term: int | None) -> dict[str, Any]:
    """What the port costs for another term, from now on; what it was set up for stays. Notes if it cannot be had."""
    if term is None or term == port.term_months:
        return {}
    if port.status in ENDED:
        asked.note(ErrorCode.ILLEGAL_STEP, ENDED_PORT.format(port.status), "term_months")
        return {}
    listed = price_of(PriceKind.PORT, port.location_id, port.speed_mbps, term).where(Price.currency == port.currency)
    price = await work.one(listed)
    if price is None:
        asked.note(ErrorCode.INVALID_VALUE, NOT_OFFERED.format(port.speed_mbps, term), "term_months")
    return {} if price is None else {"monthly_rate": price.monthly_rate}


@requires(Port="allocate")
async def allocate_port(work: UnitOfWork, asked: InputReader) -> ChangedIds:
    """Say where in its data centre a port is; from now on it has a letter of authorisation (R433, A44)."""
    place = asked.inside("demarcation")
    demarcation = None if place is None else {name: place.text(name, MAX_PLACE_LENGTH) for name in DEMARCATION}

    def allocate(port: Port) -> None:
        port.advance(PortStatus.ALLOCATED)
        port.demarcation = demarcation

    return await _take(work, asked, "allocate", allocate)


@requires(Port="activate")
async def activate_port(work: UnitOfWork, asked: InputReader) -> ChangedIds:
    """Bring an allocated port into service (R435, A45)."""
    return await _take(work, asked, "activate", Port.activate)


@requires(Port="disable")
async def disable_port(work: UnitOfWork, asked: InputReader) -> ChangedIds:
    """Take a port out of service for a while (A44)."""
    return await _take(work, asked, "disable", lambda port: port.advance(PortStatus.DISABLED))


@requires(Port="enable")
async def enable_port(work: UnitOfWork, asked: InputReader) -> ChangedIds:
    """Put a port that was disabled into service again (A44)."""
    return await _take(work, asked, "enable", Port.enable)


@requires(Port="cancel")
async def cancel_port(work: UnitOfWork, asked: InputReader) -> ChangedIds:
    """End a port that was never in service (A44)."""
    return await _end(work, asked, "cancel", PortStatus.CANCELLED)


@requires(Port="decommission")
async def decommission_port(work: UnitOfWork, asked: InputReader) -> ChangedIds:
    """End a port that was in service and has no live connections (A44)."""
    return await _end(work, asked, "decommission", PortStatus.DECOMMISSIONED)


async def _take(work: UnitOfWork, asked: InputReader, action: str, step: Callable[[Port], None]) -> ChangedIds:
    """Find the port and take a step of its lifecycle. Raises IllegalStep."""
    port = await work.find(asked, "id", "Port", action)
    work.problems.stop()
    step(port)
    return {"port": Identifier("Port", port.id)}


async def _end(work: UnitOfWork, asked: InputReader, action: str, to: PortStatus) -> ChangedIds:
    """Let a port end, and with it the requests that wait there (V16)."""
    done = await _take(work, asked, action, lambda port: port.advance(to))
    key = done["port"].key
    if await work.one(requests_at(key, ConnectionRequestStatus.ACCEPTED)) is not None:
        asked.note(ErrorCode.PORT_IN_USE, IN_USE, "id")
        work.problems.stop()
    await end_waiting(work, key)
    return done
