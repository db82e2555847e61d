"""Access: what policy lets one viewer read and do, and the parameters that its statements need."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

from models.reading import Reader
from policies.policy import Decision, Policy
from policies.predicate import TRUE, Predicate, conj
from policies.reason import Reason
from policies.sql import viewer_parameters
from policies.viewer import Viewer
from resolvers.reading.relations import RELATIONS


class Access:
    """The rights of one viewer. `reader` runs the statements that its rows are loaded by."""

    policy: Policy
    viewer: Viewer
    reader: Reader

    @cached_property
    def parameters(self) -> dict[str, Any]:
        """The viewer's facts, as parameters of statements."""
        return viewer_parameters(self.viewer)

    def decide(self, entity: str, action: str = "read") -> Decision:
        """Return policy's decision for this viewer's shape."""
        return self.policy.decide(self.viewer.shape, entity, action)

    def allowed(self, entity: str, actions: Sequence[str], relation: str | None) -> tuple[Predicate, Predicate]:
        """Return the condition on rows that allow all of the actions, and the one on rows of the relation's link table."""
        link_type = RELATIONS[relation].link_type if relation else ""
        through = self.decide(link_type).rows if link_type else TRUE
        return conj(self.decide(entity, action).rows for action in actions), through

    def can(self, ability: str) -> bool:
        """Whether the viewer has an ability, which never depends on stored rows."""
        return self.policy.can(self.viewer.shape, ability)

    def denial_reason(self, ability: str) -> Reason | None:
        """Why the viewer lacks an ability, or None if it has it."""
        return self.policy.denial_reason(self.viewer.shape, ability)

    def sees_everywhere(self, entity: str, field: str) -> bool:
        """Whether the viewer sees a field in every row that it can read. Only then is sorting or filtering by it safe."""
        rule = self.decide(entity).fields.get(field)
        return rule is not None and rule.visible == TRUE
