"""The baseline that policy is compared to: the same rows through an ordinary WHERE, all fields visible, no masks.

`ports_by_where` is for pages of ports; all other types are found as with policy. `workload_by_where` is for the workload's queries,
sent as a partner from whom nothing is hidden: root lists use a WHERE, and everything below them is readable.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, cast

from policies.evaluation.decision import Decision, FieldRule
from policies.evaluation.policy import Policy
from policies.predicates.predicate import TRUE, And, Compare, Or, Parameter, Predicate
from policies.reason import Reason
from policies.viewer import Shape

MINE: Final = Parameter("company_id")
OWN: Final = Compare("=", "company_id", MINE)
# The NULL part is never true. It keeps the condition in one piece, as one would write it; policy splits it into a union.
OWN_AND_MANAGED: Final = And((Or((OWN, Compare("=", "partner_id", MINE), Compare("=", "id", None))), Compare("!=", "id", None)))
MY_PORTS: Final[dict[str, Predicate]] = {"OPERATOR": TRUE, "PARTNER": OWN_AND_MANAGED}
PUBLIC: Final = Compare("=", "visibility", "PUBLIC")
LISTED: Final = Or((PUBLIC, OWN, Compare("=", "partner_id", MINE)))
SHOWN_PORT: Final = And((PUBLIC, Compare("=", "profile_visibility", "PUBLIC")))
SHOWN: Final = FieldRule(visible=TRUE, denials=(), default_reason=Reason.NOT_YOURS)


Where = Callable[[Shape, str, Predicate], Predicate]  # (shape, type, the policy's predicate) to the predicate to use


def ports_by_where(shape: Shape, entity: str, rows: Predicate) -> Predicate:
    """Find ports with a WHERE, and everything else as with policy."""
    return MY_PORTS.get(shape.kind, OWN) if entity == "Port" else rows


def workload_by_where(shape: Shape, entity: str, rows: Predicate) -> Predicate:
    """Find the rows of the workload's lists with a WHERE. All other rows are readable."""
    found = {"Port": ports_by_where(shape, "Port", rows), "MarketplaceProfile": LISTED, "MarketplacePort": SHOWN_PORT}
    return found.get(entity, TRUE)


class Unguarded:
    """A policy whose fields are all visible and whose rows are found with a WHERE."""

    def __init__(self, policy: Policy, where: Where) -> None:
        self._policy = policy
        self._where = where
        self._decisions: dict[tuple[Any, ...], Decision] = {}

    def decide(self, shape: Shape, entity: str, action: str = "read") -> Decision:
        """Return the decision. Cached, like the real policy's."""
        key = (shape, entity, action)
        if key not in self._decisions:
            real = self._policy.decide(shape, entity, action)
            rows = self._where(shape, entity, real.rows)
            self._decisions[key] = replace(real, rows=rows, fields=dict.fromkeys(real.fields, SHOWN))
        return self._decisions[key]

    def __getattr__(self, name: str) -> Any:
        """Delegate everything else to the real policy."""
        return getattr(self._policy, name)


def unguarded(policy: Policy, where: Where = ports_by_where) -> Policy:
    """Return the policy without its guards."""
    return cast("Policy", Unguarded(policy, where))
