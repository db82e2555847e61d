"""A unit of work: one mutation, in one transaction, for one viewer. Every change it makes is recorded in the same transaction.

Commands find rows only here: policy decides whether the viewer can read the row and take the action, and only then is the row locked.
Commands (resolvers/mutations/) never commit, and never check who the viewer is: they name an action of policy.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from models import Base
from policies.catalogue import CATALOGUE
from policies.evaluation.decision import Decision, cached_with_decision
from policies.predicates.predicate import Constant
from policies.predicates.sql import to_column, to_sql
from policies.reason import Reason
from resolvers.auditing.audit_log import AuditSubject, Counts, add_counts
from resolvers.values.messages import worded
from resolvers.writing.change_log import record_changes
from resolvers.writing.input_reader import InputReader
from resolvers.writing.user_errors import ErrorCode, UserErrors

if TYPE_CHECKING:
    from resolvers.context import Context

MODELS: Final[Mapping[sa.FromClause, type[Any]]] = {mapper.local_table: mapper.class_ for mapper in Base.registry.mappers}
CommandT = TypeVar("CommandT", bound=Callable[..., Any])
Requirements: TypeAlias = tuple[tuple[str, str], ...]
"""Pairs of a type and the policy action that a command takes on a row of it."""

NOT_FOUND: Final = "Not found, or you don't have access to it."
FORBIDDEN: Final = "You don't have permission to do this."
UNVERIFIED: Final = (
    "The operator hasn't verified the company yet. Until then, it can't order, connect, sell, publish, create API keys or "
    "webhooks, or set an identity issuer or portal origins."
)
STALE: Final = "Sign in again to do this. Your last sign-in was more than 15 minutes ago."
# The errors of refusals that have a reason of their own. All others are FORBIDDEN.
REFUSALS: Final[Mapping[Reason | None, tuple[ErrorCode, str]]] = {
    Reason.COMPANY_NOT_VERIFIED: (ErrorCode.COMPANY_NOT_VERIFIED, UNVERIFIED),
    Reason.RECENT_SIGN_IN_REQUIRED: (ErrorCode.RECENT_SIGN_IN_REQUIRED, STALE),
}
VERSION_CONFLICT: Final = "Someone else changed this in the meantime; it is now at version {version}. Reload it and try again."


def requires(**actions: str) -> Callable[[CommandT], CommandT]:
    """Declare the actions a command always takes, by type, so that viewers who can never take them don't see the mutation.

    Types that the command only reads aren't listed. A test compares the declaration with what the command requests from policy.
    """

    def declare(command: CommandT) -> CommandT:
        command.requires = tuple(actions.items())  # type: ignore[attr-defined]
        return command

    return declare


class UnitOfWork:
    """The viewer's rights, the transaction, and the errors so far of one mutation."""

    def __init__(self, context: Context, session: AsyncSession, action: str) -> None:
        self.context = context
        self.session = session
        self.errors = UserErrors()
        self.refusals: Counts = {}  # for the audit log
        self.changes_viewer = False  # set it if the change gives the viewer other roles: the payload is read with these
        record_changes(session, action, context)

    async def lock_for_update(self, fields: InputReader, name: str, entity: str, action: str) -> Any:
        """Return the row whose id is in a field, locked, if the viewer can take `action` on it; otherwise add an error.

        The error is NOT_FOUND if the row doesn't exist or the viewer can't read it. If the viewer can only read it, it's
        FORBIDDEN, or the error of the reason that policy gives.
        """
        key = fields.key(name, entity)
        return None if key is None else await self.lock_by_key(fields, name, entity, key, action)

    async def lock_for_share(self, fields: InputReader, name: str, entity: str, action: str = "read") -> Any:
        """Like `lock_for_update`, but with a shared lock, for a row that the command only reads."""
        key = fields.key(name, entity)
        return None if key is None else await self.lock_by_key(fields, name, entity, key, action, read=True)

    async def lock_by_key(
        self, fields: InputReader, name: str, entity: str, key: UUID, action: str, *, read: bool = False
    ) -> Any:
        """Like `lock_for_update`, with a key instead of the id in the field; like `lock_for_share` with `read`."""
        row, allowed = await self.lock_if_allowed(entity, key, action, read=read)
        if row is None:
            self.report_not_found(fields, name, entity, action)
            return None
        if not allowed:
            await self._report_refusal(fields, row, entity, action, name)
            return None
        return row

    async def check_allowed(self, fields: InputReader, name: str, entity: str, row: Any, action: str) -> None:
        """Add an error for a field if the viewer can't also take the action that it requests on a row that is locked."""
        if not await self.is_allowed(entity, row, action):
            await self._report_refusal(fields, row, entity, action, name)

    def report_not_found(self, fields: InputReader, name: str, entity: str, action: str) -> None:
        """Add NOT_FOUND for a field: its object doesn't exist or the viewer can't read it."""
        fields.add_error(ErrorCode.NOT_FOUND, NOT_FOUND, name)
        self._refuse(entity, action, ErrorCode.NOT_FOUND)

    async def _report_refusal(self, fields: InputReader, row: Any, entity: str, action: str, *path: str) -> None:
        """Add the error for an action that the viewer can't take on a row that it reads."""
        code, message = REFUSALS.get(await self._reason(entity, row.id, action), (ErrorCode.FORBIDDEN, FORBIDDEN))
        fields.add_error(code, message, *path)
        self._refuse(entity, action, code)

    async def _reason(self, entity: str, key: UUID, action: str) -> Reason | None:
        """Return why policy refuses an action on a row. Runs a statement only if it can have a reason of its own."""
        explained = self.context.policy.explanation(self.context.viewer.shape, entity, action, None)
        if REFUSALS.keys().isdisjoint(ruling.rule.reason for ruling in explained.rulings):
            return None
        kind, predicates = self.context.policy.catalogue[entity], explained.predicates
        columns = [to_column(each, kind, kind.table, per_row=True).label(f"p{n}") for n, each in enumerate(predicates)]
        query = sa.select(sa.true(), *columns).where(kind.table.c[kind.key] == key)
        values = dict(zip(predicates, (await self.session.execute(query, self.context.parameters)).one()[1:], strict=True))
        return explained.verdict(lambda each: each.value if isinstance(each, Constant) else values[each]).reason

    def _refuse(self, entity: str, action: str, code: ErrorCode) -> None:
        add_counts(self.refusals, {AuditSubject(entity, None, action, code.value): 1})

    async def acting_company(self, fields: InputReader, action: str, name: str = "company_id") -> Any:
        """Return the company that the viewer acts for (V14): the one in a field, or its own. Locked as in `lock_for_update`."""
        if fields.value(name) is not None:
            return await self.lock_for_update(fields, name, "Company", action)
        own = self.context.viewer.company_id
        row, allowed = (None, False) if own is None else await self.lock_if_allowed("Company", own, action)
        if allowed:
            return row
        if row is not None:
            await self._report_refusal(fields, row, "Company", action)
            return None
        self.errors.add(ErrorCode.FORBIDDEN, FORBIDDEN)
        self._refuse("Company", action, ErrorCode.FORBIDDEN)
        return None

    async def acting_user(self, action: str) -> Any:
        """Return the viewer's own user, locked, if it can take `action` on it; otherwise add an error."""
        own = self.context.viewer.signed_in_id
        row, allowed = (None, False) if own is None else await self.lock_if_allowed("User", own, action)
        if row is None or not allowed:
            self.errors.add(ErrorCode.FORBIDDEN, FORBIDDEN)
            self._refuse("User", action, ErrorCode.FORBIDDEN)
            return None
        return row

    async def is_allowed(self, entity: str, row: Any, action: str) -> bool:
        """Return True if the viewer can also take this action on a row that is already locked."""
        _, allowed = await self.lock_if_allowed(entity, row.id, action)
        return allowed

    async def find_readable(self, entity: str, condition: sa.ColumnElement[bool], *order: Any, action: str = "read") -> Any:
        """Return the first readable row that matches a condition and on which the viewer can take `action`, or None.

        Runs one statement in any case, and locks nothing.
        """
        kind = self.context.policy.catalogue[entity]
        query = sa.select(MODELS[kind.table]).where(condition, *self._allowed(entity, "read", action)).order_by(*order).limit(1)
        return (await self.session.execute(query, self.context.parameters)).scalar_one_or_none()

    async def find_readable_keys(self, entity: str, keys: Collection[UUID]) -> set[UUID]:
        """Return those of the keys whose rows the viewer can read. Runs one statement, and locks nothing."""
        kind = self.context.policy.catalogue[entity]
        key = kind.table.c[kind.key]
        query = sa.select(key).where(key.in_(keys), *self._allowed(entity, "read"))
        return set((await self.session.scalars(query, self.context.parameters)).all())

    def _allowed(self, entity: str, *actions: str) -> list[sa.ColumnElement[bool]]:
        """Return the condition of each of these actions on a row, each action once."""
        return [_allowed_rows(self.context.decide(entity, action)) for action in dict.fromkeys(actions)]

    def check_and_bump_version(self, fields: InputReader, row: Any, name: str = "version") -> None:
        """Increment a row's version if the input's version matches it; otherwise add CONFLICT. So no edit is overwritten."""
        if self.check_version(fields, row, name):
            row.version += 1

    def check_version(self, fields: InputReader, row: Any, name: str = "version") -> bool:
        """Return True if the input's version is the row's; otherwise add CONFLICT. So nobody acts on what they haven't read."""
        version = fields.value(name)
        if version is None:
            fields.add_error(ErrorCode.REQUIRED, "Required: the version that you last read.", name)
        elif version != row.version:
            fields.add_error(ErrorCode.CONFLICT, worded(VERSION_CONFLICT, version=row.version), name)
        return bool(version == row.version)

    async def add(self, row: Any) -> None:
        """Insert a new row now, so that other rows can reference it."""
        self.session.add(row)
        await self.session.flush()

    async def serialize(self, what: str, key: str) -> None:
        """Wait until no other unit of work does `what` for this key, so that counts made by both are correct."""
        await self.session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"{what}:{key}", 0))))

    async def scalar(self, statement: sa.Select[Any]) -> Any:
        """Return the first value of the first row, or None."""
        return (await self.session.execute(statement.limit(1))).scalar()

    async def lock_if_allowed(self, entity: str, key: UUID, action: str, *, read: bool = False) -> tuple[Any | None, bool]:
        """Return a row that the viewer can read, or None, and whether it can take `action` on it. Locks the row if it can.

        A viewer who can't take the action never waits for a lock and never takes one. The lock lets others insert rows that
        reference this one, such as audit events, because its key doesn't change.
        """
        kind = self.context.policy.catalogue[entity]
        model = MODELS[kind.table]
        readable, *permitted = self._allowed(entity, "read", action)
        visible = sa.select(model).where(kind.table.c.id == key, readable).execution_options(populate_existing=True)
        locked = visible.where(*permitted).with_for_update(of=model, read=read, key_share=not read)
        row = (await self.session.execute(locked, self.context.parameters)).scalar_one_or_none()
        if row is not None or action == "read":
            return row, row is not None
        return (await self.session.execute(visible, self.context.parameters)).scalar_one_or_none(), False


@cached_with_decision
def _allowed_rows(decision: Decision) -> sa.ColumnElement[bool]:
    """Return the condition of a decision's action on rows of its entity's own table."""
    entity = CATALOGUE[decision.entity]
    return to_sql(decision.rows, entity, entity.table, per_row=True)
