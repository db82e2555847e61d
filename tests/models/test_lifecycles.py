"""Lifecycles allow their own steps and reject all others, naming the state and the allowed steps."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from enum import StrEnum
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from models import (
    STAGED,
    Agreement,
    ChangeRequest,
    Company,
    ConnectionRequest,
    Export,
    Offer,
    OrderApproval,
    Port,
    Product,
    ProductRevision,
)
from models.agreement import AgreementStatus
from models.change_request import ChangeRequestStatus
from models.company import VerificationStatus
from models.connection_request import ConnectionRequestStatus
from models.export import ExportStatus
from models.lead import Lead, LeadStatus
from models.lifecycle import IllegalStep, Staged, partition
from models.offer import OfferStatus
from models.order_approval import OrderApprovalStatus
from models.port import PortStatus
from models.product import ProductVisibility
from models.product_revision import RevisionStatus
from tests.models import factory

SEPARATOR = " "
TRIGGERS = sa.text(
    "SELECT tgrelid::regclass::text, replace(encode(tgargs, 'escape'), '\\000', :separator) FROM pg_trigger "
    "WHERE tgname = 'lifecycle' AND tgenabled = 'O'"
).bindparams(separator=SEPARATOR)

PORT = (
    "REQUESTED ALLOCATED",
    "REQUESTED CANCELLED",
    "ALLOCATED ACTIVE",
    "ALLOCATED CANCELLED",
    "ACTIVE DISABLED",
    "DISABLED ACTIVE",
    "ACTIVE DECOMMISSIONED",
    "DISABLED DECOMMISSIONED",
)
OFFER = (
    "DRAFT PENDING_APPROVAL",
    "DRAFT PUBLISHED",
    "PENDING_APPROVAL PUBLISHED",
    "PENDING_APPROVAL REJECTED",
    "PUBLISHED ACCEPTED",
    "PUBLISHED EXPIRED",
    "PUBLISHED PENDING_APPROVAL",
    "PUBLISHED WITHDRAWN",
)
REVISION = (
    "DRAFT SUBMITTED",
    "SUBMITTED APPROVED",
    "SUBMITTED REJECTED",
    "SUBMITTED DRAFT",
    "APPROVED PUBLISHED",
    "APPROVED REJECTED",
    "APPROVED SUPERSEDED",
    "PUBLISHED SUPERSEDED",
    "REJECTED DRAFT",
)
VISIBILITY = (
    "LIMITED PUBLIC",
    "LIMITED RESTRICTED",
    "LIMITED REMOVED",
    "PUBLIC LIMITED",
    "PUBLIC RESTRICTED",
    "PUBLIC REMOVED",
    "RESTRICTED REMOVED",
)
LIFECYCLES: dict[str, tuple[type[StrEnum], Callable[[Any], Staged], tuple[str, ...]]] = {
    "port A44": (PortStatus, lambda state: Port(status=state), PORT),
    "offer A23 A26 V5 V37": (OfferStatus, lambda state: Offer(status=state), OFFER),
    "revision A34 A35": (RevisionStatus, lambda state: ProductRevision(status=state), REVISION),
    "visibility R253-R264": (ProductVisibility, lambda state: Product(visibility=state), VISIBILITY),
    "verification A41": (
        VerificationStatus,
        lambda state: Company(verification_status=state),
        ("UNVERIFIED PENDING", "PENDING VERIFIED", "PENDING REJECTED", "REJECTED PENDING"),
    ),
    "connection request V16": (
        ConnectionRequestStatus,
        lambda state: ConnectionRequest(status=state),
        ("PENDING ACCEPTED", "PENDING DENIED", "PENDING WITHDRAWN"),
    ),
    "order approval V13": (
        OrderApprovalStatus,
        lambda state: OrderApproval(status=state),
        ("PENDING APPROVED", "PENDING REJECTED", "PENDING WITHDRAWN", "PENDING EXPIRED"),
    ),
    "export V41": (
        ExportStatus,
        lambda state: Export(status=state),
        (
            "QUEUED RUNNING",
            "QUEUED FAILED",
            "QUEUED CANCELLED",
            "RUNNING COMPLETED",
            "RUNNING FAILED",
            "RUNNING CANCELLED",
            "COMPLETED EXPIRED",
        ),
    ),
    "change request R256 V69": (
        ChangeRequestStatus,
        lambda state: ChangeRequest(status=state),
        ("UNDER_REVIEW SUCCEEDED", "UNDER_REVIEW FAILED", "UNDER_REVIEW WITHDRAWN", "FAILED UNDER_REVIEW"),
    ),
    "lead V17 V40": (
        LeadStatus,
        lambda state: Lead(status=state),
        tuple(f"{before} {after}" for place, after in enumerate(LeadStatus) for before in list(LeadStatus)[:place]),
    ),
    "agreement V4": (AgreementStatus, lambda state: Agreement(status=state), ("ACTIVE ENDED", "ACTIVE CANCELLED")),
}


@pytest.mark.parametrize("lifecycle", LIFECYCLES)
def test_lifecycle_has_exactly_these_steps(lifecycle: str) -> None:
    """Of all pairs of states, only the listed ones are allowed."""
    states, start, steps = LIFECYCLES[lifecycle]
    taken = []
    for state in states:
        for action in start(state).LIFECYCLE.steps:
            row = start(state)
            try:
                row.take_step(action)
            except IllegalStep:
                continue
            taken.append(f"{state} {getattr(row, row.LIFECYCLE.column)}")

    assert sorted(steps) == sorted(taken)


def test_every_lifecycle_is_tested() -> None:
    """No row with a lifecycle is missing above."""
    assert {type(start(next(iter(states)))) for states, start, _ in LIFECYCLES.values()} == set(STAGED)


async def test_database_has_the_steps_of_every_lifecycle(engine: AsyncEngine) -> None:
    """The trigger of each table has the column and the steps of its model, and no other table has such a trigger."""
    async with engine.connect() as connection:
        triggers = {table: set(filter(None, text.split(SEPARATOR))) for table, text in await connection.execute(TRIGGERS)}

    expected = {model.__table__.name: {model.LIFECYCLE.column} | model.LIFECYCLE.pairs for model in STAGED}
    assert expected == triggers


async def test_database_refuses_every_other_change_A44(engine: AsyncEngine) -> None:
    """Of all pairs of port statuses, the database stores only the steps. A port can be inserted with any status."""
    stored = []
    async with engine.connect() as connection:
        owner, where = await factory.company(connection), await factory.location(connection)
        for state in PortStatus:
            for to in set(PortStatus) - {state}:
                port = await factory.port(connection, owner, where, status=state)
                with suppress(sa.exc.IntegrityError):
                    await connection.execute(sa.update(Port).where(Port.id == port).values(status=to))
                    stored.append(f"{state} {to}")

    assert sorted(PORT) == sorted(stored)


async def test_refused_change_names_the_states_and_the_steps_A41(engine: AsyncEngine) -> None:
    """The error names the column, both states, and the steps of the lifecycle. Other columns of the row can change."""
    async with engine.connect() as connection:
        company = await factory.company(connection)
        rows = sa.update(Company).where(Company.id == company)
        await connection.execute(rows.values(verification_status="UNVERIFIED", trading_name="Other"))
        with pytest.raises(sa.exc.IntegrityError) as refused:
            await connection.execute(rows.values(verification_status="VERIFIED"))
        unchanged = await connection.scalar(sa.select(Company.verification_status))

    error: Any = refused.value.orig and refused.value.orig.__cause__
    steps = "UNVERIFIED>PENDING, PENDING>VERIFIED, PENDING>REJECTED, REJECTED>PENDING"
    assert "Can't change company.verification_status from UNVERIFIED to VERIFIED." == error.args[0]
    assert f"Its lifecycle has only these steps: {steps}." == error.detail
    assert VerificationStatus.UNVERIFIED == unchanged


def test_step_changes_the_state_A44() -> None:
    """After a step, the object has the new state."""
    port = Port(status=PortStatus.ALLOCATED)

    port.take_step("activate")

    assert PortStatus.ACTIVE == port.status


@pytest.mark.parametrize(("action", "start"), [("activate", PortStatus.ALLOCATED), ("enable", PortStatus.DISABLED)])
def test_port_becomes_active_in_two_ways_A44_A45(action: str, start: PortStatus) -> None:
    """Only an ALLOCATED port can be activated, and only a DISABLED one enabled."""
    taken = []
    for state in PortStatus:
        port = Port(status=state)
        try:
            port.take_step(action)
        except IllegalStep:
            continue
        taken.append((state, port.status))

    assert [(start, PortStatus.ACTIVE)] == taken


def test_illegal_step_names_the_state_and_the_allowed_steps_A44() -> None:
    """The error names the port's state and the allowed ones, and the port doesn't change."""
    port = Port(status=PortStatus.ACTIVE)

    with pytest.raises(IllegalStep) as refused:
        port.take_step("allocate")

    allowed = "DECOMMISSIONED (decommission), DISABLED (disable)"
    assert f"Can't change from ACTIVE to ALLOCATED. Allowed: {allowed}." == str(refused.value)
    assert {"decommission": PortStatus.DECOMMISSIONED, "disable": PortStatus.DISABLED} == refused.value.steps
    assert "ILLEGAL_STEP" == refused.value.code
    assert PortStatus.ACTIVE == port.status


def test_final_state_is_reported_as_final_V5() -> None:
    """An expired offer can't be published again."""
    with pytest.raises(IllegalStep) as refused:
        Offer(status=OfferStatus.EXPIRED).take_step("publish")

    assert "Can't change from EXPIRED to PUBLISHED: EXPIRED is final." == str(refused.value)


def test_state_is_not_called_final_if_another_action_leads_to_the_same_state() -> None:
    """A rejected revision can't be withdrawn, but another action makes it a draft again."""
    with pytest.raises(IllegalStep) as refused:
        ProductRevision(status=RevisionStatus.REJECTED).take_step("withdraw")

    assert "Can't change from REJECTED to DRAFT with this action. Allowed: DRAFT (revise)." == str(refused.value)


class Light(StrEnum):
    """An enum with three values."""

    RED = "RED"
    AMBER = "AMBER"
    GREEN = "GREEN"


def test_groups_must_contain_every_state_once() -> None:
    """A new state must be added to exactly one group."""
    assert (frozenset({Light.RED, Light.AMBER}), frozenset({Light.GREEN})) == partition(
        Light, {Light.RED, Light.AMBER}, {Light.GREEN}
    )
    for groups in ([{Light.RED}, {Light.GREEN}], [{Light.RED, Light.AMBER}, {Light.AMBER, Light.GREEN}]):
        with pytest.raises(ValueError, match=r"Light\.AMBER must be in exactly one of the groups"):
            partition(Light, *groups)


@pytest.mark.parametrize("model", STAGED)
def test_waits_and_deadlines_name_columns_of_the_table(model: type[Staged]) -> None:
    """A wait ends with a column that is never NULL, so it has a beginning. Final states wait for nobody."""
    columns, lifecycle = model.__table__.c, model.LIFECYCLE

    for state, wait in lifecycle.waits.items():
        assert lifecycle.steps_from(state)
        assert not columns[wait.since[-1]].nullable
        assert {*wait.since, wait.until or "id"} <= set(columns.keys())
    if lifecycle.deadline is not None:
        assert lifecycle.deadline.column in columns
        assert lifecycle.deadline.step in lifecycle.steps
