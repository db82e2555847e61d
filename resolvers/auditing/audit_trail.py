"""The audit trail of one request: what it was denied, and whose decisions it had explained. It never holds a value or an id."""

from __future__ import annotations

from policies.viewer import Viewer
from resolvers.auditing.audit_log import AuditSubject, Counts, add_counts


class AuditTrail:
    """What the resolvers of one request note: actions that were refused, and decisions that were explained."""

    __slots__ = ("denied", "explained_for")

    def __init__(self) -> None:
        self.denied: Counts = {}
        self.explained_for: dict[Viewer, Counts] = {}

    def merge(self, other: AuditTrail) -> None:
        """Take what others have noted of the same request; what both have noted of one thing is the same."""
        _keep_maximum(self.denied, other.denied)
        for viewer, counts in other.explained_for.items():
            _keep_maximum(self.explained_for.setdefault(viewer, {}), counts)

    def note_denials(self, counts: Counts) -> None:
        """Note that actions of a mutation were refused."""
        add_counts(self.denied, counts)

    def note_refused_argument(self, entity: str, field: str, code: str) -> None:
        """Note that an order or a filter was refused, for it would tell a field; once, for whoever runs it again."""
        self.denied[AuditSubject(entity, field, None, code)] = 1

    async def note_explanation(self, entity: str, field: str | None, concerned: Viewer) -> None:
        """Note that decisions on a type, or on a field of it, are explained for a viewer; written before the answer is sent."""
        add_counts(self.explained_for.setdefault(concerned, {}), {AuditSubject(entity, field): 1})


def _keep_maximum(into: Counts, counts: Counts) -> None:
    for counted, number in counts.items():
        into[counted] = max(into.get(counted, 0), number)
