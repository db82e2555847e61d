"""Connection requests: a customer asks a provider to connect a customer port to a public provider port (V16)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Owned, enum_column, now
from models.lifecycle import step


class ConnectionRequestStatus(StrEnum):
    """The status of a request (V16)."""

    PENDING = "PENDING"
    ACCEPTED = "ACCEPTED"
    DENIED = "DENIED"
    WITHDRAWN = "WITHDRAWN"


STEPS: Final = {
    ConnectionRequestStatus.PENDING: {
        ConnectionRequestStatus.ACCEPTED,
        ConnectionRequestStatus.DENIED,
        ConnectionRequestStatus.WITHDRAWN,
    },
}


class ConnectionRequest(Owned, Base):
    """A request, owned by the customer. The provider and its partner are copied from the target port."""

    __tablename__ = "connection_request"

    port_id: Mapped[UUID] = mapped_column(sa.ForeignKey("port.id"))
    target_port_id: Mapped[UUID] = mapped_column(sa.ForeignKey("port.id"))
    provider_id: Mapped[UUID] = mapped_column(sa.ForeignKey("company.id"))
    provider_partner_id: Mapped[UUID | None] = mapped_column(sa.ForeignKey("company.id"))
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
            for side in ("company_id", "partner_id", "provider_id", "provider_partner_id")
        ),
        sa.Index("connection_request_port_id_page", "port_id", "id"),
        sa.Index("connection_request_target_port_id_page", "target_port_id", "id"),
    )

    def advance(self, to: ConnectionRequestStatus) -> None:
        """Move to another status of the lifecycle (V16). Raises IllegalStep."""
        self.status = step(STEPS, self.status, to)
