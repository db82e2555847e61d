"""One viewer's rights: what policy lets the viewer read and do, and the parameters that its statements need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from models.reading import Reader
from models.replicas import ReplicaReads
from policies.evaluation.policy import Decision, Policy
from policies.predicates.predicate import TRUE, Predicate, conj
from policies.predicates.sql import viewer_parameters
from policies.reason import Reason
from policies.viewer import Viewer


class Access:
    """The rights of one viewer. `reader` runs the statements that load its rows."""

    policy: Policy
    viewer: Viewer
    reader: Reader | ReplicaReads
    _parameters: dict[str, Any] | None = None

    @property
    def parameters(self) -> dict[str, Any]:
        """The viewer's facts, as statement parameters."""
        if self._parameters is None:  # a cached property would take a lock on Python 3.11
            self._parameters = viewer_parameters(self.viewer)
        return self._parameters

    def decide(self, entity: str, action: str = "read") -> Decision:
        """Return the policy's decision for this viewer's shape."""
        return self.policy.decide(self.viewer.shape, entity, action)

    def allowed(self, entity: str, actions: Sequence[str], link_type: str = "") -> tuple[Predicate, Predicate]:
        """Return two conditions: on rows that allow all of the actions, and on rows of the link table with this type, if any."""
        through = self.decide(link_type).rows if link_type else TRUE
        return conj(self.decide(entity, action).rows for action in actions), through

    def can(self, ability: str) -> bool:
        """Return whether the viewer has an ability. Abilities never depend on stored rows."""
        return self.policy.can(self.viewer.shape, ability)

    def denial_reason(self, ability: str) -> Reason | None:
        """Return why the viewer lacks an ability, or None if it has it."""
        return self.policy.denial_reason(self.viewer.shape, ability)

    def sees_everywhere(self, entity: str, field: str) -> bool:
        """Return whether the viewer sees a field in every row that it can read. Only then is sorting or filtering by it safe."""
        rule = self.decide(entity).fields.get(field)
        return rule is not None and rule.visible == TRUE
