"""Notifications of the cast: of connections that were requested and decided, of maintenance and of security.

Older ones have been read (X6).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from commands.demo.world import TODAY, Row, World
from models.company import AccountKind
from models.connection_request import ConnectionRequestStatus
from models.membership import MemberRole
from models.notification import NotificationKind
from resolvers.notifying import message_templates
from resolvers.notifying.message_templates import MaintenanceWindow
from resolvers.notifying.notifications import Message

URL: Final = "https://gateway.example"
MAINTAINED: Final = ("New power supplies", "New firmware", "Cleaning of fibres")
EVERY: Final = timedelta(days=60)
TOLD: Final = {MemberRole.ACCOUNT_ADMIN, MemberRole.NETWORK_ADMIN, MemberRole.REVIEWER}
WARNINGS: Final = 12
UNREAD_SINCE: Final = TODAY - timedelta(days=45)
DECIDED: Final = (ConnectionRequestStatus.ACCEPTED, ConnectionRequestStatus.DENIED)

Occasion = tuple[datetime, UUID, NotificationKind, Message, tuple[str, UUID] | None]
"""When, to which company, of what kind, what, and the type and key of what it is about."""


def fill(world: World) -> None:
    """Tell the administrators of the cast, in the order of time."""
    occasions = [*_connections(world), *_maintenance(world), *_security(world)]
    administrators: dict[UUID, list[Row]] = {company["id"]: [] for company in world.cast}
    for row in world.rows["membership"]:
        if row["company_id"] in administrators and TOLD & set(row["roles"]):
            administrators[row["company_id"]].append(row)
    for at, company, kind, text, subject in sorted(occasions, key=lambda each: (each[0], each[1])):
        for member in administrators[company]:
            world.add(
                "notification",
                at=at,
                user_id=member["user_id"],
                company_id=company,
                kind=kind,
                title=text.line,
                body=text.body,
                subject_type=subject and subject[0],
                subject_key=subject and subject[1],
                created_at=at,
                read_at=None if at > UNREAD_SINCE else at + timedelta(days=1),
            )


def _connections(world: World) -> list[Occasion]:
    cast = {company["id"] for company in world.cast}
    ports = {row["id"]: row for row in world.rows["port"]}
    found: list[Occasion] = []
    for row in world.rows["connection_request"]:
        target, requester = ports[row["target_port_id"]], row["company_id"]
        provider = target["company_id"]
        if provider in cast:
            text = message_templates.connection_requested(target["name"], row["name"], row["rate_limit_mbps"], URL)
            found.append(
                (row["created_at"], provider, NotificationKind.CONNECTION_REQUESTED, text, ("ConnectionRequest", row["id"]))
            )
        if requester in cast and row["status"] in DECIDED:
            accepted = row["status"] == ConnectionRequestStatus.ACCEPTED
            text = message_templates.connection_decided(row["name"], accepted=accepted, reason=None, public_url=URL)
            found.append(
                (row["decided_at"], requester, NotificationKind.CONNECTION_DECIDED, text, ("ConnectionRequest", row["id"]))
            )
    return found


def _maintenance(world: World) -> list[Occasion]:
    """What the partner and the direct company were told; managed accounts are told nothing (R117)."""
    accounts = [row["account_name"] for row in world.rows["managed_account"] if row["partner_id"] == world.cast.partner["id"]]
    found: list[Occasion] = []
    for number, title in enumerate(MAINTAINED):
        at = TODAY - EVERY * (len(MAINTAINED) - number - 1) - timedelta(days=7)
        window = MaintenanceWindow(at + timedelta(days=14), at + timedelta(days=14, hours=4))
        for company, concerned in ((world.cast.partner, sorted(accounts)[:3]), (world.cast.direct, [])):
            text = message_templates.maintenance(title, "Ports may be without service for a few minutes.", window, concerned)
            found.append((at, company["id"], NotificationKind.MAINTENANCE, text, None))
    return found


def _security(world: World) -> list[Occasion]:
    """What the operator's staff was told of companies."""
    found: list[Occasion] = []
    for number, company in enumerate(world.companies(AccountKind.DIRECT)[:WARNINGS]):
        at = TODAY - timedelta(days=10 * (WARNINGS - number), hours=3)
        name = company["trading_name"]
        text = message_templates.security(
            f"failed sign-ins of {name}", f"Somebody has tried many passwords of users of {name}."
        )
        found.append((at, world.cast.operator["id"], NotificationKind.SECURITY, text, ("Company", company["id"])))
    return found
