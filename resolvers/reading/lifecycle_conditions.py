"""The states in which an action is possible, derived from the lifecycles of the models.

An action that isn't listed is possible in every state. Conditions on other rows, such as a port's live connections or a
company's documents, aren't part of the state: the mutation checks them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from models import connection_request, order_approval, port
from models.connection_request import ConnectionRequestStatus
from models.lifecycle import states_leading_to
from models.order_approval import OrderApprovalStatus
from models.port import PortStatus


@dataclass(frozen=True, slots=True)
class AllowedFrom:
    """Values of the column `status` that allow an action, and the column of the time when that ends, if it does."""

    statuses: Collection[Any]
    until: str | None = None

    @property
    def columns(self) -> Iterator[str]:
        """The columns that the condition reads."""
        yield "status"
        yield from [] if self.until is None else [self.until]


def _while_pending(to: OrderApprovalStatus) -> AllowedFrom:
    """Return the states from which an order can move to `to`, until the approval expires (V13)."""
    return AllowedFrom(states_leading_to(order_approval.STEPS, to), until="expires_at")


PORT_ACTIONS: Final[Mapping[str, Collection[Any]]] = {
    "allocate": states_leading_to(port.STEPS, PortStatus.ALLOCATED),
    "activate": states_leading_to(port.STEPS, PortStatus.ACTIVE) & {port.NEW},
    "enable": states_leading_to(port.STEPS, PortStatus.ACTIVE) & {port.SUSPENDED},
    "disable": states_leading_to(port.STEPS, PortStatus.DISABLED),
    "cancel": states_leading_to(port.STEPS, PortStatus.CANCELLED),
    "decommission": states_leading_to(port.STEPS, PortStatus.DECOMMISSIONED),
    "connect": {PortStatus.ACTIVE},  # R435
    "change_term": set(PortStatus) - port.ENDED,
}
ALLOWED_FROM: Final[Mapping[tuple[str, str], AllowedFrom]] = {
    **{("Port", action): AllowedFrom(statuses) for action, statuses in PORT_ACTIONS.items()},
    ("MarketplacePort", "connect"): AllowedFrom({PortStatus.ACTIVE}),
    ("ConnectionRequest", "answer"): AllowedFrom(
        states_leading_to(connection_request.STEPS, ConnectionRequestStatus.ACCEPTED, ConnectionRequestStatus.DENIED)
    ),
    ("ConnectionRequest", "withdraw"): AllowedFrom(
        states_leading_to(connection_request.STEPS, ConnectionRequestStatus.WITHDRAWN)
    ),
    ("OrderApproval", "approve"): _while_pending(OrderApprovalStatus.APPROVED),
    ("OrderApproval", "reject"): _while_pending(OrderApprovalStatus.REJECTED),
    ("OrderApproval", "withdraw"): _while_pending(OrderApprovalStatus.WITHDRAWN),
}
FIELD_SHOWING_COLUMN: Final[Mapping[tuple[str, str], str]] = {("MarketplacePort", "status"): "selectable"}
"""The field that reveals a column, where its name differs from the column's."""
