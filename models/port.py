"""Ports: a company orders them in a data centre (R431), and others can connect to public ones (R028-R034)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from models.base import Base, Owned, Versioned, enum_column, now, ordered_indexes
from models.kinds import Amount
from models.lifecycle import partition, step
from models.marketplace_profile import ProfileVisibility


class PortStatus(StrEnum):
    """The status of a port (A44)."""

    REQUESTED = "REQUESTED"
    ALLOCATED = "ALLOCATED"
    ACTIVE = "ACTIVE"
    DISABLED = "DISABLED"
    DECOMMISSIONED = "DECOMMISSIONED"
    CANCELLED = "CANCELLED"


class PortVisibility(StrEnum):
    """Whether the Marketplace lists a port (R030, A11)."""

    PRIVATE = "PRIVATE"
    PUBLIC = "PUBLIC"


class DiversityZone(StrEnum):
    """One of two zones of a location that share no equipment."""

    RED = "red"
    BLUE = "blue"


STEPS: Final = {
    PortStatus.REQUESTED: {PortStatus.ALLOCATED, PortStatus.CANCELLED},
    PortStatus.ALLOCATED: {PortStatus.ACTIVE, PortStatus.CANCELLED},
    PortStatus.ACTIVE: {PortStatus.DISABLED, PortStatus.DECOMMISSIONED},
    PortStatus.DISABLED: {PortStatus.ACTIVE, PortStatus.DECOMMISSIONED},
}
NEW: Final = PortStatus.ALLOCATED  # the status from which a port is activated
SUSPENDED: Final = PortStatus.DISABLED  # the status from which a port is enabled again
ORDERED, PLACED, IN_SERVICE, ENDED = partition(
    PortStatus,
    {PortStatus.REQUESTED},
    {PortStatus.ALLOCATED},
    {PortStatus.ACTIVE, PortStatus.DISABLED},
    {PortStatus.DECOMMISSIONED, PortStatus.CANCELLED},
)
AUTHORISED: Final = PLACED | IN_SERVICE  # a letter of authorisation is available (A44)
CHARGED: Final = IN_SERVICE  # a port in service is charged, even if it's disabled
SPEEDS_MBPS: Final = (1_000, 10_000, 100_000, 400_000)
TERMS_MONTHS: Final = (1, 12, 24, 36, 48, 60)  # V7
ORDERS: Final = (("id",), ("name", "id"), ("speed_mbps", "id"), ("currency", "monthly_rate", "id"))
FILTERS: Final = (("status", "id"), ("location_id", "id"), ("visibility", "id"))
PUBLIC: Final = sa.text("visibility = 'PUBLIC' AND profile_visibility = 'PUBLIC'")


class Port(Owned, Versioned, Base):
    """A physical port. If `marketplace_name` is None, the Marketplace lists it as "<profile> at <location>" (R032, A6)."""

    __tablename__ = "port"

    location_id: Mapped[UUID] = mapped_column(sa.ForeignKey("location.id"))
    name: Mapped[str] = mapped_column(sa.String(64))  # V7
    speed_mbps: Mapped[int]
    term_months: Mapped[int]
    status: Mapped[PortStatus] = mapped_column(enum_column(PortStatus), default=PortStatus.REQUESTED)
    visibility: Mapped[PortVisibility] = mapped_column(enum_column(PortVisibility), default=PortVisibility.PRIVATE)
    profile_visibility: Mapped[ProfileVisibility | None] = mapped_column(enum_column(ProfileVisibility))
    monthly_rate: Mapped[Amount]  # per month
    setup_fee: Mapped[Amount]  # once
    currency: Mapped[str] = mapped_column(sa.String(3))
    cost_centre: Mapped[str | None]
    diversity_zone: Mapped[DiversityZone | None] = mapped_column(enum_column(DiversityZone))
    marketplace_name: Mapped[str | None]
    marketplace_description: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    activated_at: Mapped[datetime | None]
    demarcation: Mapped[dict[str, Any] | None]  # cage, rack, panel and ports, once allocated (R433)

    __table_args__ = (
        sa.CheckConstraint("term_months IN (1, 12, 24, 36, 48, 60)", name="term"),
        sa.CheckConstraint("speed_mbps IN (1000, 10000, 100000, 400000)", name="speed"),
        sa.CheckConstraint("monthly_rate >= 0 AND setup_fee >= 0", name="prices"),
        *ordered_indexes("port", ORDERS + FILTERS, ["company_id", "partner_id"]),
        *(sa.Index(f"port_{'_'.join(order)}_page", *order) for order in (*ORDERS[1:], *FILTERS)),
        sa.Index("port_partner_id_company_id_page", "partner_id", "company_id", "id"),
        sa.Index("port_public_page", "id", postgresql_where=PUBLIC),
        sa.Index("port_public_company_id_page", "company_id", "id", postgresql_where=PUBLIC),
        # These include the owner, because a managed account's own ports are left out of its Marketplace.
        sa.Index("port_public_location_id_page", "location_id", "id", "company_id", postgresql_where=PUBLIC),
        sa.Index("port_public_speed_mbps_page", "speed_mbps", "id", "company_id", postgresql_where=PUBLIC),
    )

    def advance(self, to: PortStatus) -> None:
        """Move to another status of the lifecycle (A44). Raises IllegalStep."""
        self.status = step(STEPS, self.status, to)

    def activate(self) -> None:
        """Change the port from ALLOCATED to ACTIVE, on behalf of the operator (A45). Raises IllegalStep."""
        self._become_active(NEW)
        self.activated_at = now()

    def enable(self) -> None:
        """Change the port from DISABLED to ACTIVE. Raises IllegalStep, also if it was never activated."""
        self._become_active(SUSPENDED)

    def _become_active(self, start: PortStatus) -> None:
        steps = {state: ways if state == start else ways - {PortStatus.ACTIVE} for state, ways in STEPS.items()}
        self.status = step(steps, self.status, PortStatus.ACTIVE)
