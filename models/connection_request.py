"""Connection requests: a customer asks a provider to connect a customer port to a public provider port (V16)."""

from __future__ import annotations

from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from described_enum import DescribedEnum
from models.base import Base, Owned, copied, enum_column, now
from models.concept import AllowedFrom, Concept, Relation, equals, one_of, page_indexes, steps_of
from models.lifecycle import Lifecycle, Staged, Step, Wait, WaitingSide


class ConnectionRequestStatus(DescribedEnum):  # V16
    """The status of a connection request."""

    PENDING = "PENDING", "The provider hasn't answered yet."
    ACCEPTED = "ACCEPTED", "The provider has accepted it."
    DENIED = "DENIED", "The provider has denied it, with a reason."
    WITHDRAWN = "WITHDRAWN", "The requester took it back, or one of the ports is gone."


LIFECYCLE: Final = Lifecycle(
    {
        "accept": Step({ConnectionRequestStatus.PENDING}, ConnectionRequestStatus.ACCEPTED, "answer"),
        "deny": Step({ConnectionRequestStatus.PENDING}, ConnectionRequestStatus.DENIED, "answer"),
        "withdraw": Step({ConnectionRequestStatus.PENDING}, ConnectionRequestStatus.WITHDRAWN),
    },
    waits={ConnectionRequestStatus.PENDING: Wait(WaitingSide.PROVIDER, since=("created_at",))},
)

FILTERS: Final = {
    "status": equals("status", "Matches the status."),
    "statuses": one_of("status", "Matches any of these statuses."),
    "requester_id": equals("company_id", "Matches the company that made the request.", "requester", id_of="Company"),
    "provider_id": equals("provider_id", "Matches the company that owns the target port.", "provider", id_of="Company"),
}
SIDES: Final = ("company_id", "partner_id", "provider_id", "provider_partner_id")


class ConnectionRequest(Owned, Staged, Base):
    """A request, owned by the customer. The provider and its partner are copied from the target port."""

    __tablename__ = "connection_request"
    LIFECYCLE = LIFECYCLE

    port_id: Mapped[UUID] = mapped_column(sa.ForeignKey("port.id"))
    target_port_id: Mapped[UUID] = mapped_column(sa.ForeignKey("port.id"))
    provider_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"))
    provider_partner_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey("company.id"), info=copied("partner_id", of="provider_id", by="request_provider")
    )
    name: Mapped[str] = mapped_column(sa.String(64))
    rate_limit_mbps: Mapped[int]
    status: Mapped[ConnectionRequestStatus] = mapped_column(
        enum_column(ConnectionRequestStatus), default=ConnectionRequestStatus.PENDING
    )
    created_at: Mapped[datetime] = mapped_column(default=now)
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None]  # why the provider denied it, if given

    __table_args__ = (
        sa.CheckConstraint("rate_limit_mbps > 0", name="rate_limit"),
        sa.CheckConstraint("port_id <> target_port_id", name="two_ports"),
        *(
            sa.Index(f"connection_request_{end}_{side}_page", end, side, "id")
            for end in ("port_id", "target_port_id")
            for side in SIDES
        ),
        *page_indexes("connection_request", [("id",), ("status", "id")], SIDES),
        *page_indexes("connection_request", [("status", "id")]),
        # By the requester and the provider at once, for whoever reads the requests of one of them.
        *page_indexes("connection_request", [("provider_id", "id")], ["company_id", "partner_id"]),
        *page_indexes("connection_request", [("company_id", "id")], ["provider_partner_id"]),
        sa.Index("connection_request_port_id_page", "port_id", "id"),
        sa.Index("connection_request_target_port_id_page", "target_port_id", "id"),
    )


CONCEPTS: Final = (
    Concept(
        "ConnectionRequest",
        ConnectionRequest,
        tag=b"cr",
        below={"port.connections": Relation(("port_id", "target_port_id"))},
        filters=FILTERS,
        actions={"answer": AllowedFrom(LIFECYCLE.steps["accept"].start), **steps_of(LIFECYCLE, "withdraw")},
    ),
)
