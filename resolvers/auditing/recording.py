"""Records in the audit log what each request did or was denied: types, fields, actions and reasons, never a value or an id.

Every transport calls `record` once for each result, before it sends the result.
"""

from __future__ import annotations

import hashlib
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from models.audit_event import AuditKind
from policies.viewer import Viewer
from resolvers.auditing.audit_log import AuditEventKey, AuditSubject, Counts
from resolvers.auditing.audit_trail import AuditTrail
from resolvers.reading.redactions import Path, Redacted

if TYPE_CHECKING:
    from resolvers.context import Context

MAX_NAME_LENGTH: Final = 100  # characters of an operation's name
HASH_CACHE_SIZE: Final = 500  # operations whose hashes are known
MAX_CACHED_LENGTH: Final = 10_000  # characters of one


def has_events(context: Context, data: Any) -> bool:
    """Whether a result tells of anything but reads."""
    acts = context.audit_trail
    return bool(
        context.redactions.visible_in(data) or acts.denied or acts.explained_for or context.requester is not context.viewer
    )


async def record(context: Context, name: str | None, text: str | None, data: Any = None, read: Counts | None = None) -> None:
    """Record what a result tells of: view-as and explain now, denials and reads within a moment, and so all that visitors do.

    `name` and `text` are the operation's. Raises what keeps the database from taking what is written now.
    """
    log, request_id, acts = context.services.audit, context.origin.request_id, context.audit_trail
    if not log.is_running:  # nothing is served then
        return
    context.audit_trail = AuditTrail()  # a subscription goes on
    if context.requester is not context.viewer:
        await log.write(_event_key(context, AuditKind.VIEW_AS, name, text), request_id, {})
    tell = (
        log.enqueue if context.requester.user_id is None else log.write
    )  # a row for each request of a visitor would fill the log
    for concerned, counts in acts.explained_for.items():
        await tell(_event_key(context, AuditKind.EXPLAIN, name, text, concerned), request_id, counts)
    if denied := _denied(context, data, acts.denied):
        await log.enqueue(_event_key(context, AuditKind.DENIAL, name, text), request_id, denied)
    if read:
        await log.enqueue(_event_key(context, AuditKind.READ, name, text), request_id, read)


def operation_hash(name: str | None, text: str) -> str:
    """What names an operation in the log: SHA-256 of its document, a line feed and its name."""
    return _known_hash(name, text) if len(text) <= MAX_CACHED_LENGTH else _hash(name, text)


def _hash(name: str | None, text: str) -> str:
    return hashlib.sha256(f"{text}\n{name or ''}".encode()).hexdigest()


_known_hash = lru_cache(HASH_CACHE_SIZE)(_hash)


def _event_key(
    context: Context, kind: AuditKind, name: str | None, text: str | None, concerned: Viewer | None = None
) -> AuditEventKey:
    """An event of whoever asks; as the viewer that it is taken for, or whose decisions it reads, if that is another.

    Of visitors no operation is kept: they could fill the log, which nobody may empty, by sending a new one each time.
    """
    asker, taken = context.requester, concerned or context.viewer
    other = taken if taken is not asker else None
    whose = other if other is not None and kind in (AuditKind.VIEW_AS, AuditKind.EXPLAIN) else asker
    return AuditEventKey(
        kind=kind,
        company_id=whose.company_id,
        user_id=asker.user_id,
        actor_company_id=asker.company_id,
        as_user_id=None if other is None else other.user_id,
        as_company_id=None if other is None else other.company_id,
        operation_name=None if name is None or asker.user_id is None else name[:MAX_NAME_LENGTH],
        operation_hash=None if text is None or asker.user_id is None else operation_hash(name, text),
        policy_hash=context.policy.version,
    )


def _denied(context: Context, data: Any, refused: Counts) -> Counts:
    """What policy has hidden in a result, and which actions it refused."""
    counts = dict(refused)
    for path, redacted in context.redactions.visible_in(data):
        counted = _hidden(redacted)
        counts[counted] = counts.get(counted, 0) + count_redacted_values(path, data)
    return counts


@lru_cache(None)  # as many as fields have reasons
def _hidden(redacted: Redacted) -> AuditSubject:
    return AuditSubject(redacted.type, redacted.field, None, str(redacted.reason))


def count_redacted_values(path: Path, data: Any) -> int:
    """How many values the path of a redaction stands for: a "*" is each item of a list that is not null."""
    for place, step in enumerate(path):
        if data is None:
            return 0
        if step == "*":
            rest = path[place + 1 :]
            if "*" in rest:
                return sum(count_redacted_values(rest, item) for item in data if item is not None)
            return sum(item is not None for item in data)
        data = data[step]
    return 1
