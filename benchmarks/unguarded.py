"""What policy is held against: the same rows by an ordinary WHERE, every field of them shown, no mask."""

from __future__ import annotations

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
WHERE: Final[dict[str, Predicate]] = {"OPERATOR": TRUE, "PARTNER": OWN_AND_MANAGED}
SHOWN: Final = FieldRule(visible=TRUE, denials=(), otherwise=Reason.NOT_YOURS)


class Unguarded:
    """What a policy decides, with everything shown; ports are found by WHERE, everything else as policy finds it."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._decisions: dict[tuple[Any, ...], Decision] = {}

    def decide(self, shape: Shape, entity: str, action: str = "read") -> Decision:
        """The same decision each time for the same question, as the real policy does."""
        key = (shape, entity, action)
        if key not in self._decisions:
            real = self._policy.decide(shape, entity, action)
            rows = WHERE.get(shape.kind, OWN) if entity == "Port" else real.rows
            self._decisions[key] = replace(real, rows=rows, fields=dict.fromkeys(real.fields, SHOWN))
        return self._decisions[key]

    def can(self, shape: Shape, ability: str) -> bool:
        """As the real policy says."""
        return self._policy.can(shape, ability)


def unguarded(policy: Policy) -> Policy:
    """The policy without its guards, in the place of a policy."""
    return cast("Policy", Unguarded(policy))
