"""Records one request in the audit log: by type, field, action and reason, never with a value or an id.

Every transport calls `record` once for each result, before it sends the result.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from models.audit_event import AuditKind
from policies.viewer import Viewer
from resolvers.auditing.audit_log import AuditEventKey, AuditSubject, Counts
from resolvers.auditing.audit_trail import AuditTrail
from resolvers.reading.redactions import Entry, Path, Redacted

if TYPE_CHECKING:
    from resolvers.context import Context

MAX_NAME_LENGTH: Final = 100  # characters of an operation's name
HASH_CACHE_SIZE: Final = 500  # operations
MAX_CACHED_LENGTH: Final = 10_000  # characters of an operation whose hash is cached


def has_events(context: Context, data: Any) -> bool:
    """Return True if there is anything to record besides reads."""
    trail = context.audit_trail
    return bool(
        context.redactions.visible_in(data) or trail.denied or trail.explained_for or context.requester is not context.viewer
    )


async def record(context: Context, name: str | None, text: str | None, data: Any = None, read: Counts | None = None) -> None:
    """Record a result: view-as and explain events at once; denials, reads and everything visitors do in the next batch.

    `name` and `text` are the operation's. Raises the database's error if an event can't be written at once.
    """
    log, request_id, trail = context.services.audit, context.origin.request_id, context.audit_trail
    if not log.is_running:  # no request is served then
        return
    context.audit_trail = AuditTrail()  # a subscription continues with a new one
    if context.requester is not context.viewer:
        await log.write(_event_key(context, AuditKind.VIEW_AS, name, text), request_id, {})
    # One row for each request of a visitor would fill the log, so visitors' events are batched.
    write = log.enqueue if context.requester.user_id is None else log.write
    for viewer, counts in trail.explained_for.items():
        await write(_event_key(context, AuditKind.EXPLAIN, name, text, viewer), request_id, counts)
    if denied := _count_denials(context, data, trail.denied):
        await log.enqueue(_event_key(context, AuditKind.DENIAL, name, text), request_id, denied)
    if read:
        await log.enqueue(_event_key(context, AuditKind.READ, name, text), request_id, read)


def operation_hash(name: str | None, text: str) -> str:
    """Return the hash that identifies an operation in the log: SHA-256 of its document, a line feed and its name."""
    return _cached_hash(name, text) if len(text) <= MAX_CACHED_LENGTH else _hash(name, text)


def _hash(name: str | None, text: str) -> str:
    return hashlib.sha256(f"{text}\n{name or ''}".encode()).hexdigest()


_cached_hash = lru_cache(HASH_CACHE_SIZE)(_hash)


def _event_key(
    context: Context, kind: AuditKind, name: str | None, text: str | None, explained: Viewer | None = None
) -> AuditEventKey:
    """Return the key of an event: the requester and, if different, the viewer that is viewed as or explained.

    Visitors' events have no operation: they could fill the log, which can't be emptied, by sending a new operation each time.
    """
    requester, viewer = context.requester, explained or context.viewer
    other = viewer if viewer is not requester else None
    owner = other if other is not None and kind in (AuditKind.VIEW_AS, AuditKind.EXPLAIN) else requester
    return AuditEventKey(
        kind=kind,
        company_id=owner.company_id,
        user_id=requester.user_id,
        external_user=requester.external_user,
        actor_company_id=requester.company_id,
        as_user_id=None if other is None else other.user_id,
        as_company_id=None if other is None else other.company_id,
        operation_name=None if name is None or requester.user_id is None else name[:MAX_NAME_LENGTH],
        operation_hash=None if text is None or requester.user_id is None else operation_hash(name, text),
        policy_hash=context.policy.version,
    )


def _count_denials(context: Context, data: Any, refused: Counts) -> Counts:
    """Count what policy hid in a result, and the actions that it refused."""
    counts = dict(refused)
    _count(counts, data, context.redactions.visible_in(data))
    return counts


def count_hidden(counts: Counts, items: Sequence[Any], hidden: Sequence[Sequence[Entry]]) -> None:
    """Add to `counts` what policy hid in each item of a list."""
    for item, entries in zip(items, hidden, strict=True):
        _count(counts, item, entries)


def _count(counts: Counts, data: Any, entries: Sequence[Entry]) -> None:
    for path, redacted in entries:
        subject = _subject_of(redacted)
        counts[subject] = counts.get(subject, 0) + count_redacted_values(path, data)


@lru_cache(None)  # bounded by the number of fields and reasons
def _subject_of(redacted: Redacted) -> AuditSubject:
    return AuditSubject(redacted.type, redacted.field, None, str(redacted.reason))


def count_redacted_values(path: Path, data: Any) -> int:
    """Count the values that a redaction's path matches. A "*" matches each list item that isn't null."""
    for index, step in enumerate(path):
        if data is None:
            return 0
        if step == "*":
            rest = path[index + 1 :]
            if "*" in rest:
                return sum(count_redacted_values(rest, item) for item in data if item is not None)
            return sum(item is not None for item in data)
        data = data[step]
    return 1
