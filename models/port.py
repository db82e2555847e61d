"""Ports: a company orders them in a data centre (R431), and others can connect to public ones (R028-R034)."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from described_enum import DescribedEnum
from models.base import Base, Owned, Versioned, copied, enum_column, now
from models.concept import (
    AllowedFrom,
    Concept,
    Link,
    Relation,
    Scope,
    SortOrder,
    after,
    always,
    before,
    equals,
    money_range_filters,
    one_of,
    page_columns,
    page_indexes,
    steps_of,
)
from models.kinds import Amount
from models.lifecycle import Lifecycle, Staged, Step, Wait, WaitingSide, partition
from models.marketplace_profile import ProfileVisibility
from models.name_search import name_index, name_search, terms_of


class PortStatus(DescribedEnum):  # A44
    """The lifecycle status of a port. Connections can be made only between ACTIVE ports."""

    REQUESTED = "REQUESTED", "It's ordered."
    ALLOCATED = "ALLOCATED", "It's assigned, and can be cabled with its letter of authorisation."
    ACTIVE = "ACTIVE", "It works, and can be connected."
    DISABLED = "DISABLED", "It's switched off."
    DECOMMISSIONED = "DECOMMISSIONED", "It's given back."
    CANCELLED = "CANCELLED", "The order was cancelled."


class PortVisibility(DescribedEnum):  # R030, A11
    """Whether the Marketplace shows a port. The company's profile must also be public."""

    PRIVATE = "PRIVATE", "The Marketplace doesn't show it."
    PUBLIC = "PUBLIC", "The Marketplace shows it while the company's profile is public."


class DiversityZone(DescribedEnum):
    """One of a location's two zones, which share no equipment."""

    RED = "red", "The red zone."
    BLUE = "blue", "The blue zone."


LIFECYCLE: Final = Lifecycle(
    {
        "allocate": Step({PortStatus.REQUESTED}, PortStatus.ALLOCATED),
        "activate": Step({PortStatus.ALLOCATED}, PortStatus.ACTIVE),  # A45
        "disable": Step({PortStatus.ACTIVE}, PortStatus.DISABLED),
        "enable": Step({PortStatus.DISABLED}, PortStatus.ACTIVE),
        "cancel": Step({PortStatus.REQUESTED, PortStatus.ALLOCATED}, PortStatus.CANCELLED),
        "decommission": Step({PortStatus.ACTIVE, PortStatus.DISABLED}, PortStatus.DECOMMISSIONED),
    },
    # From the order to the activation it's the operator's turn (A45), so the wait begins with the order.
    waits={
        PortStatus.REQUESTED: Wait(WaitingSide.OPERATOR, since=("created_at",)),
        PortStatus.ALLOCATED: Wait(WaitingSide.OPERATOR, since=("created_at",)),
    },
)
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
ORDERS: Final = {
    "CREATED_AT": SortOrder(("created_at",), "created_at"),
    "NAME": SortOrder(("name",), "name", "By name."),
    "SPEED_MBPS": SortOrder(("speed_mbps",), "speed_mbps", "By speed."),
    # Amounts are comparable within one currency only.
    "MONTHLY_RATE": SortOrder(
        ("currency", "monthly_rate"),
        "monthly_rate",
        "By currency, then by monthly rate. Requires access to prices.",
    ),
}
FILTERS: Final = {
    "status": equals("status", "Matches the lifecycle status."),
    "statuses": one_of("status", "Matches any of these lifecycle statuses."),
    "visibility": equals("visibility", "Matches the Marketplace visibility."),
    "location_id": equals("location_id", "Matches the location.", "location", id_of="Location"),
    "location_ids": one_of("location_id", "Matches any of these locations.", "location", id_of="Location"),
    "metros": one_of("metro", "Matches any of these metropolitan areas.", "location"),
    "speed_mbps": equals("speed_mbps", "Matches the port speed, in Mbps."),
    "speeds": one_of("speed_mbps", "Matches any of these port speeds, in Mbps."),
    "created_after": after("created_at", "Matches ports ordered after this time.", order="CREATED_AT"),
    "created_before": before("created_at", "Matches ports ordered before this time.", order="CREATED_AT"),
    **money_range_filters("monthly_rate", "monthly_rate", "Matches the recurring monthly charge. Requires access to prices."),
}
OWNERS: Final = {  # the owner begins every index
    "company_id": equals("company_id", "Matches the company that owns the port.", "company", id_of="Company"),
    "managed_by": equals("partner_id", "Matches ports of accounts that this partner manages.", "company", id_of="Company"),
}
PAGES: Final = page_columns(ORDERS, FILTERS)
SCOPES: Final = (Scope("company_id"), Scope("partner_id"))
PUBLIC: Final = sa.text("visibility = 'PUBLIC' AND profile_visibility = 'PUBLIC'")


class Port(Owned, Versioned, Staged, Base):
    """A physical port. If `marketplace_name` is None, the Marketplace lists it as "<profile> at <location>" (R032, A6)."""

    __tablename__ = "port"
    LIFECYCLE = LIFECYCLE

    location_id: Mapped[UUID] = mapped_column(sa.ForeignKey("location.id"))
    metro: Mapped[str] = mapped_column(info=copied("metro", of="location_id", by="port_metro"))
    name: Mapped[str] = mapped_column(sa.String(64))  # V7
    speed_mbps: Mapped[int]
    term_months: Mapped[int]
    status: Mapped[PortStatus] = mapped_column(enum_column(PortStatus), default=PortStatus.REQUESTED)
    visibility: Mapped[PortVisibility] = mapped_column(enum_column(PortVisibility), default=PortVisibility.PRIVATE)
    # Only PUBLIC ports have a copy, so that hiding a profile with many other ports is fast.
    profile_visibility: Mapped[ProfileVisibility | None] = mapped_column(
        enum_column(ProfileVisibility), info=copied("profile_visibility", of="company_id", by="port_profile", if_set=True)
    )
    monthly_rate: Mapped[Amount]  # per month
    setup_fee: Mapped[Amount]  # once
    currency: Mapped[str] = mapped_column(sa.String(3))
    cost_centre: Mapped[str | None]
    diversity_zone: Mapped[DiversityZone | None] = mapped_column(enum_column(DiversityZone))
    marketplace_name: Mapped[str | None]
    marketplace_description: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(default=now)
    activated_at: Mapped[datetime | None]
    name_terms: Mapped[str] = terms_of("port_name_terms(name, company_id, partner_id)")
    demarcation: Mapped[dict[str, Any] | None]  # cage, rack, panel and ports, once allocated (R433)

    __table_args__ = (
        sa.CheckConstraint(f"term_months IN {TERMS_MONTHS}", name="term"),
        sa.CheckConstraint(f"speed_mbps IN {SPEEDS_MBPS}", name="speed"),
        sa.CheckConstraint("monthly_rate >= 0 AND setup_fee >= 0", name="prices"),
        *page_indexes("port", PAGES, ["company_id", "partner_id"]),
        *page_indexes("port", PAGES[1:]),
        name_index("port"),
        sa.Index("port_partner_id_company_id_page", "partner_id", "company_id", "id"),
        sa.Index("port_public_page", "id", postgresql_where=PUBLIC),
        sa.Index("port_public_company_id_page", "company_id", "id", postgresql_where=PUBLIC),
        # These include the owner, because a managed account's own ports are left out of its Marketplace.
        sa.Index("port_public_location_id_page", "location_id", "id", "company_id", postgresql_where=PUBLIC),
        sa.Index("port_public_metro_page", "metro", "id", "company_id", postgresql_where=PUBLIC),
        sa.Index("port_public_speed_mbps_page", "speed_mbps", "id", "company_id", postgresql_where=PUBLIC),
    )


CONCEPTS: Final = (
    Concept(
        "Port",
        Port,
        tag=b"po",
        links=(Link("owners", "company", local="company_id", remote="id"),),
        below={
            "company.ports": Relation(("company_id",)),
            # The company's own ports, and those of the accounts that it manages.
            "dashboard.ports": Relation(("company_id", "partner_id")),
        },
        orders=ORDERS,
        filters={**FILTERS, **OWNERS, **name_search("name", *SCOPES)},
        actions={
            **always("update", "publish"),
            **steps_of(LIFECYCLE, *LIFECYCLE.steps),
            "connect": AllowedFrom({PortStatus.ACTIVE}),  # R435
            "change_term": AllowedFrom(set(PortStatus) - ENDED),
        },
    ),
    Concept(
        "MarketplacePort",
        Port,
        tag=b"tp",
        below={"marketplace_profile.ports": Relation(("company_id",))},
        filters={
            "location_id": equals("location_id", "Matches the location of the port.", "location", id_of="Location"),
            **{name: FILTERS[name] for name in ("location_ids", "metros", "speed_mbps", "speeds")},
        },
        actions={"connect": AllowedFrom({PortStatus.ACTIVE})},
        shown_by={"status": "selectable"},
    ),
)
