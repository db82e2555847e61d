"""What policy is held against: the same rows by an ordinary WHERE, every field of them shown, no mask.

`ports_by_where` is for pages of ports; all else is found as policy finds it. `workload_by_where` is for the queries of the
workload, as a partner from whom nothing is hidden asks them: what a list at the root holds is found by WHERE, and whatever hangs
below it is there.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any, Final, cast

from policies.decision import Decision, FieldRule
from policies.policy import Policy
from policies.predicate import TRUE, And, Compare, Or, Parameter, Predicate
from policies.reason import Reason
from policies.viewer import Shape

MINE: Final = Parameter("company_id")
OWN: Final = Compare("=", "company_id", MINE)
# The part about NULL is never true. It keeps the condition whole, as somebody would write it, where policy is a union of branches.
OWN_AND_MANAGED: Final = And((Or((OWN, Compare("=", "partner_id", MINE), Compare("=", "id", None))), Compare("!=", "id", None)))
MY_PORTS: Final[dict[str, Predicate]] = {"OPERATOR": TRUE, "PARTNER": OWN_AND_MANAGED}
PUBLIC: Final = Compare("=", "visibility", "PUBLIC")
LISTED: Final = Or((PUBLIC, OWN, Compare("=", "partner_id", MINE)))
SHOWN_PORT: Final = And((PUBLIC, Compare("=", "profile_visibility", "PUBLIC")))
SHOWN: Final = FieldRule(visible=TRUE, denials=(), default_reason=Reason.NOT_YOURS)


Where = Callable[[Shape, str, Predicate], Predicate]  # (shape, type, what policy says) to the rows


def ports_by_where(shape: Shape, entity: str, rows: Predicate) -> Predicate:
    """Ports by WHERE, everything else as policy finds it."""
    return MY_PORTS.get(shape.kind, OWN) if entity == "Port" else rows


def workload_by_where(shape: Shape, entity: str, rows: Predicate) -> Predicate:
    """What the workload's lists hold by WHERE, every other row for everybody."""
    found = {"Port": ports_by_where(shape, "Port", rows), "MarketplaceProfile": LISTED, "MarketplacePort": SHOWN_PORT}
    return found.get(entity, TRUE)


class Unguarded:
    """What a policy decides, with everything shown and rows found by WHERE."""

    def __init__(self, policy: Policy, where: Where) -> None:
        self.version = policy.version
        self._policy = policy
        self._where = where
        self._decisions: dict[tuple[Any, ...], Decision] = {}

    def decide(self, shape: Shape, entity: str, action: str = "read") -> Decision:
        """The same decision each time for the same question, as the real policy does."""
        key = (shape, entity, action)
        if key not in self._decisions:
            real = self._policy.decide(shape, entity, action)
            rows = self._where(shape, entity, real.rows)
            self._decisions[key] = replace(real, rows=rows, fields=dict.fromkeys(real.fields, SHOWN))
        return self._decisions[key]

    def can(self, shape: Shape, ability: str) -> bool:
        """As the real policy says."""
        return self._policy.can(shape, ability)

    def withheld(self, shape: Shape, ability: str) -> Reason | None:
        """As the real policy says."""
        return self._policy.denial_reason(shape, ability)


def unguarded(policy: Policy, where: Where = ports_by_where) -> Policy:
    """The policy without its guards, in the place of a policy."""
    return cast("Policy", Unguarded(policy, where))
