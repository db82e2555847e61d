"""Notifications of the cast about connection requests, maintenance and security.

The older ones are read (X6).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from choices import MemberRole
from commands.demo.world import TODAY, Row, World
from models.company import AccountKind
from models.connection_request import ConnectionRequestStatus
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
"""The time, company, kind, text, and the subject's type and key."""


def fill(world: World) -> None:
    """Notify the administrators of the cast, in time order."""
    occasions = [*_connections(world), *_maintenance(world), *_security(world)]
    administrators: dict[UUID, list[Row]] = {company["id"]: [] for company in world.cast}
    for row in world.rows["membership"]:
        if row["company_id"] in administrators and TOLD & set(row["roles"]):
            administrators[row["company_id"]].append(row)
    for at, company, kind, text, subject in sorted(occasions, key=lambda occasion: (occasion[0], occasion[1])):
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
    occasions: list[Occasion] = []
    for row in world.rows["connection_request"]:
        target, requester = ports[row["target_port_id"]], row["company_id"]
        provider = target["company_id"]
        if provider in cast:
            text = message_templates.connection_requested(target["name"], row["name"], row["rate_limit_mbps"], URL)
            occasions.append(
                (row["created_at"], provider, NotificationKind.CONNECTION_REQUESTED, text, ("ConnectionRequest", row["id"]))
            )
        if requester in cast and row["status"] in DECIDED:
            accepted = row["status"] == ConnectionRequestStatus.ACCEPTED
            text = message_templates.connection_decided(row["name"], accepted=accepted, reason=None, site_url=URL)
            occasions.append(
                (row["decided_at"], requester, NotificationKind.CONNECTION_DECIDED, text, ("ConnectionRequest", row["id"]))
            )
    return occasions


def _maintenance(world: World) -> list[Occasion]:
    """Return the maintenance notices of the partner and the direct company. Managed accounts get none (R117)."""
    accounts = [row["account_name"] for row in world.rows["managed_account"] if row["partner_id"] == world.cast.partner["id"]]
    occasions: list[Occasion] = []
    for number, title in enumerate(MAINTAINED):
        at = TODAY - EVERY * (len(MAINTAINED) - number - 1) - timedelta(days=7)
        window = MaintenanceWindow(at + timedelta(days=14), at + timedelta(days=14, hours=4))
        for company, accounts_there in ((world.cast.partner, sorted(accounts)[:3]), (world.cast.direct, [])):
            text = message_templates.maintenance(
                title, "Ports may be without service for a few minutes.", window, accounts_there
            )
            occasions.append((at, company["id"], NotificationKind.MAINTENANCE, text, None))
    return occasions


def _security(world: World) -> list[Occasion]:
    """Return the operator staff's security notices about companies."""
    occasions: list[Occasion] = []
    for number, company in enumerate(world.companies(AccountKind.DIRECT)[:WARNINGS]):
        at = TODAY - timedelta(days=10 * (WARNINGS - number), hours=3)
        name = company["trading_name"]
        text = message_templates.security(
            f"failed sign-ins of {name}", f"Somebody has tried many passwords of users of {name}."
        )
        occasions.append((at, world.cast.operator["id"], NotificationKind.SECURITY, text, ("Company", company["id"])))
    return occasions
