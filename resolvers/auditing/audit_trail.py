"""The audit trail of one request: refused actions and explained decisions. It never contains a value or an id."""

from __future__ import annotations

from policies.viewer import Viewer
from resolvers.auditing.audit_log import AuditSubject, Counts, add_counts


class AuditTrail:
    """Collects the refused actions and explained decisions of one request."""

    __slots__ = ("denied", "explained_for")

    def __init__(self) -> None:
        self.denied: Counts = {}
        self.explained_for: dict[Viewer, Counts] = {}

    def merge(self, other: AuditTrail) -> None:
        """Merge another trail of the same request. Counts in both trails mean the same events, so the higher count wins."""
        _keep_maximum(self.denied, other.denied)
        for viewer, counts in other.explained_for.items():
            _keep_maximum(self.explained_for.setdefault(viewer, {}), counts)

    def note_denials(self, counts: Counts) -> None:
        """Add refused actions of a mutation."""
        add_counts(self.denied, counts)

    def note_refused_argument(self, entity: str, field: str, code: str) -> None:
        """Record a refused order or filter, which would reveal a hidden field. Counts once, however often it runs."""
        self.denied[AuditSubject(entity, field, None, code)] = 1

    async def note_explanation(self, entity: str, field: str | None, viewer: Viewer) -> None:
        """Record that decisions on a type or field were explained for a viewer. Written before the response is sent."""
        add_counts(self.explained_for.setdefault(viewer, {}), {AuditSubject(entity, field): 1})


def _keep_maximum(into: Counts, counts: Counts) -> None:
    for subject, count in counts.items():
        into[subject] = max(into.get(subject, 0), count)
