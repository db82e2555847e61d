"""Settings previews: what a managed account would see with unsaved settings, for users who can save such settings (R105, V2).

Nothing is stored. Policy decides for the requester whether it can save such settings, and for the account what the preview
shows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NoReturn

import sqlalchemy as sa

from choices import MemberRole
from models import Company, ManagedAccount
from policies.catalogue import CATALOGUE
from policies.predicates.predicate import Predicate
from policies.predicates.sql import to_column, to_sql, viewer_parameters
from resolvers.auditing.audit_log import AuditSubject
from resolvers.reading.viewers import VIEWER_COLUMNS, VIEWER_PARAMETERS, join_settings, viewer_of
from resolvers.values.errors import PublicError
from resolvers.values.identifiers import parse

if TYPE_CHECKING:
    from resolvers.context import Context

ACTION: Final = "update_managed_account_settings"
ARGUMENT: Final = "managedAccountId"
STATEMENT_CACHE_SIZE: Final = 1024
MAX_PREVIEWS: Final = 10  # in one operation; each runs as an operation of its own


class PreviewForbidden(PublicError):
    """The viewer can read the account, but can't save its settings."""

    code = "PREVIEW_FORBIDDEN"

    def __init__(self) -> None:
        super().__init__("You can't preview settings of this account, because you can't save them.", argument=ARGUMENT)


class PreviewNested(PublicError):
    """A preview is inside another preview."""

    code = "PREVIEW_NESTED"

    def __init__(self) -> None:
        super().__init__("Previews can't be nested. Select 'previewSettings' at the root of the query.")


class TooManyPreviews(PublicError):
    """The operation has too many previews."""

    code = "TOO_MANY_PREVIEWS"

    def __init__(self, previews: int) -> None:
        super().__init__(
            f"An operation can have at most {MAX_PREVIEWS} previews (got {previews}). Split it into several operations.",
            limit=MAX_PREVIEWS,
        )


async def preview_settings(_roots: Sequence[object], _context: Context, **_arguments: Any) -> NoReturn:
    """Refuse a nested preview; those at the root are split off before anything is resolved. Raises PreviewNested."""
    raise PreviewNested


async def preview_context(
    context: Context, managed_account_id: str, settings: Mapping[str, bool | None] | None = None
) -> Context | None:
    """Return the context of the account's administrator with these settings.

    A null setting stands for the partner's default; an omitted setting is unchanged. Return None if the account doesn't exist
    or the requester may not know of it. Raises InvalidId or PreviewForbidden.
    """
    account = parse(managed_account_id, ARGUMENT, "ManagedAccount")
    readable, editable = (
        context.policy.decide(context.requester.shape, "ManagedAccount", action).rows for action in ("read", ACTION)
    )
    parameters = {**viewer_parameters(context.requester), "key": account.key}
    accounts = await context.services.reader.fetch(_statement(readable, editable), parameters)
    if not accounts:
        return None
    can_save, *facts = {**accounts[0], **{f"account_{name}": value for name, value in (settings or {}).items()}}.values()
    if not can_save:
        context.audit_trail.note_denials({AuditSubject("ManagedAccount", None, ACTION, PreviewForbidden.code): 1})
        raise PreviewForbidden
    return context.preview(viewer_of((MemberRole.ACCOUNT_ADMIN,), facts), account.key, settings or {})


@lru_cache(STATEMENT_CACHE_SIZE)
def _statement(readable: Predicate, editable: Predicate) -> sa.Select[Any]:
    """Select the account of a key if it's `readable`: whether it's `editable`, and the facts of its viewers."""
    entity, table = CATALOGUE["ManagedAccount"], ManagedAccount.__table__
    may = to_column(editable, entity, table).label("may")
    rows = join_settings(sa.select(may, *VIEWER_PARAMETERS, *VIEWER_COLUMNS).select_from(Company))
    return rows.where(table.c.id == sa.bindparam("key", type_=sa.Uuid()), to_sql(readable, entity, table, per_row=True))
