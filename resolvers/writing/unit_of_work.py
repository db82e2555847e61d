"""A unit of work: one mutation in one transaction, for one viewer. Whatever it changes is recorded in the same transaction.

Rows are found here and only here: policy says whether the viewer may know of one and may do to it what is fields, and only if it may,
the row is locked. Commands (resolvers/mutations/) never commit, and never ask who somebody is: they name an action of policy.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeAlias, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncSession

from models import Base
from policies.sql import to_sql
from resolvers.auditing.audit_log import AuditSubject, Counts, add_counts
from resolvers.writing.change_log import record_changes
from resolvers.writing.input_reader import InputReader
from resolvers.writing.user_errors import ErrorCode, UserErrors

if TYPE_CHECKING:
    from resolvers.context import Context

MODELS: Final[Mapping[sa.FromClause, type[Any]]] = {each.local_table: each.class_ for each in Base.registry.mappers}
Asks = TypeVar("Asks", bound=Callable[..., Any])
Requirements: TypeAlias = tuple[tuple[str, str], ...]
"""Types, each with the action of policy that is done to a row of it."""

NOT_FOUND: Final = "There is no such thing, or the viewer may not know of it."
FORBIDDEN: Final = "The viewer may not do this."
VERSION_CONFLICT: Final = "Somebody has changed this since it was read; it is at version {}. Read it again, and then change it."


def requires(**actions: str) -> Callable[[Asks], Asks]:
    """Say which action on a row of which type a command always asks policy for: whoever can never do it has no use for the command.

    What it only reads is not among it. A test holds it against what the command does ask for.
    """

    def noted(command: Asks) -> Asks:
        command.requires = tuple(actions.items())  # type: ignore[attr-defined]
        return command

    return noted


class UnitOfWork:
    """What a command works with: its viewer's rights, its transaction, and what is wrong so far."""

    def __init__(self, context: Context, session: AsyncSession, action: str) -> None:
        self.context = context
        self.session = session
        self.errors = UserErrors()
        self.refusals: Counts = {}  # for the audit log
        record_changes(session, action, context)

    async def lock_for_update(self, fields: InputReader, name: str, entity: str, action: str) -> Any:
        """The row that the id in a field names, locked, if the viewer may do `action` to it; else None, and the problem is noted.

        NOT_FOUND where the viewer may not read the row, as where there is none; FORBIDDEN where it may read it and no more.
        """
        key = fields.key(name, entity)
        return None if key is None else await self.lock_by_key(fields, name, entity, key, action)

    async def lock_for_share(self, fields: InputReader, name: str, entity: str, action: str = "read") -> Any:
        """The row that the id in a field names, as it stands until the end of the transaction; as `find`, to be looked at only."""
        key = fields.key(name, entity)
        return None if key is None else await self.lock_by_key(fields, name, entity, key, action, read=True)

    async def lock_by_key(
        self, fields: InputReader, name: str, entity: str, key: UUID, action: str, *, read: bool = False
    ) -> Any:
        """The row of a key that a field leads to, as `find`; as `see` if it is only to `read`."""
        row, may = await self.lock_if_allowed(entity, key, action, read=read)
        if row is None:
            self.report_not_found(fields, name, entity, action)
            return None
        if not may:
            self.report_forbidden(fields, name, entity, action)
            return None
        return row

    def report_not_found(self, fields: InputReader, name: str, entity: str, action: str) -> None:
        """Note that what a field names is not there, or not for the viewer."""
        fields.add_error(ErrorCode.NOT_FOUND, NOT_FOUND, name)
        self._refuse(entity, action, ErrorCode.NOT_FOUND)

    def report_forbidden(self, fields: InputReader, name: str, entity: str, action: str) -> None:
        """Note that the viewer may not do an action that a field asks for."""
        fields.add_error(ErrorCode.FORBIDDEN, FORBIDDEN, name)
        self._refuse(entity, action, ErrorCode.FORBIDDEN)

    def _refuse(self, entity: str, action: str, code: ErrorCode) -> None:
        add_counts(self.refusals, {AuditSubject(entity, None, action, code.value): 1})

    async def acting_company(self, fields: InputReader, action: str, name: str = "company_id") -> Any:
        """The company that the viewer acts for (V14): that of a field, or its own; as `find`."""
        if fields.value(name) is not None:
            return await self.lock_for_update(fields, name, "Company", action)
        own = self.context.viewer.company_id
        row, may = (None, False) if own is None else await self.lock_if_allowed("Company", own, action)
        if row is None or not may:
            self.errors.add(ErrorCode.FORBIDDEN, FORBIDDEN)
            self._refuse("Company", action, ErrorCode.FORBIDDEN)
            return None
        return row

    async def is_allowed(self, entity: str, row: Any, action: str) -> bool:
        """Whether the viewer may do a further action to a row that was found."""
        _, may = await self.lock_if_allowed(entity, row.id, action)
        return may

    async def find_readable(self, entity: str, condition: sa.ColumnElement[bool], *order: Any) -> Any:
        """The first row that meets a condition and that the viewer may read, or None. It takes one statement either way."""
        kind = self.context.policy.catalogue[entity]
        readable = to_sql(self.context.decide(entity).rows, kind, kind.table, per_row=True)
        found = sa.select(MODELS[kind.table]).where(condition, readable).order_by(*order).limit(1)
        return (await self.session.execute(found, self.context.parameters)).scalar_one_or_none()

    def check_and_bump_version(self, fields: InputReader, row: Any, name: str = "version") -> None:
        """Count an edit of a row, if the version that is given is the row's; else note CONFLICT. Nobody's edit is lost."""
        given = fields.value(name)
        if given is None:
            fields.add_error(ErrorCode.REQUIRED, "State the version that was read.", name)
        elif given != row.version:
            fields.add_error(ErrorCode.CONFLICT, VERSION_CONFLICT.format(row.version), name)
        else:
            row.version += 1

    async def add(self, row: Any) -> None:
        """Store a new row now, so that others can name it."""
        self.session.add(row)
        await self.session.flush()

    async def serialize(self, what: str, key: str) -> None:
        """Wait until no other unit of work does `what` for this key, so that what both of them count is true."""
        await self.session.execute(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(f"{what}:{key}", 0))))

    async def scalar(self, statement: sa.Select[Any]) -> Any:
        """The first value of a statement's first row, None for no row."""
        return (await self.session.execute(statement.limit(1))).scalar()

    async def lock_if_allowed(self, entity: str, key: UUID, action: str, *, read: bool = False) -> tuple[Any | None, bool]:
        """A row that the viewer may read, and whether it may do `action` to it; locked if it may.

        Whoever may not neither waits for those who may nor keeps them waiting. What refers to the row, such as an audit event, is
        written meanwhile: its key does not change.
        """
        kind = self.context.policy.catalogue[entity]
        model = MODELS[kind.table]
        readable, doable = (
            to_sql(self.context.decide(entity, each).rows, kind, kind.table, per_row=True) for each in ("read", action)
        )
        known = sa.select(model).where(kind.table.c.id == key, readable).execution_options(populate_existing=True)
        locked = known.where(doable).with_for_update(of=model, read=read, key_share=not read)
        row = (await self.session.execute(locked, self.context.parameters)).scalar_one_or_none()
        if row is not None or action == "read":
            return row, row is not None
        return (await self.session.execute(known, self.context.parameters)).scalar_one_or_none(), False
