"""Previews: what a managed account would see with settings that are not saved yet, for whoever may save them (R105, V2).

Nothing is stored. Policy decides on the asker whether it may save such settings; what is then seen is decided for the account.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, NoReturn

import sqlalchemy as sa

from models import Company, ManagedAccount
from models.membership import MemberRole
from policies.catalogue import CATALOGUE
from policies.predicate import Predicate
from policies.sql import to_column, to_sql, viewer_parameters
from resolvers.auditing.audit_log import AuditSubject
from resolvers.values.errors import PublicError
from resolvers.values.identifiers import parse
from resolvers.viewer import VIEWER_COLUMNS, VIEWER_PARAMETERS, viewer_of, with_settings

if TYPE_CHECKING:
    from resolvers.context import Context

ACTION: Final = "update_managed_account_settings"
ARGUMENT: Final = "managedAccountId"
STATEMENT_CACHE_SIZE: Final = 1024  # statements
MAX_PREVIEWS: Final = 10  # previews of an operation, each of which is an operation of its own


class PreviewForbidden(PublicError):
    """The viewer reads the account, and may not save settings of it."""

    code = "PREVIEW_FORBIDDEN"

    def __init__(self) -> None:
        super().__init__("The viewer may not save settings of this account, and so may not preview them.", argument=ARGUMENT)


class PreviewNested(PublicError):
    """A preview inside a preview."""

    code = "PREVIEW_NESTED"

    def __init__(self) -> None:
        super().__init__("A preview stands at the root of a query, not in another preview.")


class TooManyPreviews(PublicError):
    """More previews in one operation than are run."""

    code = "TOO_MANY_PREVIEWS"

    def __init__(self, previews: int) -> None:
        super().__init__(
            f"The operation has {previews} previews; {MAX_PREVIEWS} are the most. Ask in parts.", limit=MAX_PREVIEWS
        )


async def preview_settings(_roots: Sequence[object], _context: Context, **_arguments: Any) -> NoReturn:
    """Refuse a preview that does not stand at the root, where it is taken out before anything is resolved. Raises PreviewNested."""
    raise PreviewNested


async def preview_context(
    context: Context, managed_account_id: str, settings: Mapping[str, bool | None] | None = None
) -> Context | None:
    """The context of an account's administrator with these settings, of which null is: as the partner's defaults say.

    What is left out is as it is. None where there is no such account, or the asker may not know of it. Raises InvalidId or
    MayNotPreview.
    """
    account = parse(managed_account_id, ARGUMENT, "ManagedAccount")
    readable, saved = (
        context.policy.decide(context.requester.shape, "ManagedAccount", action).rows for action in ("read", ACTION)
    )
    parameters = {**viewer_parameters(context.requester), "key": account.key}
    found = await context.services.reader.fetch(_statement(readable, saved), parameters)
    if not found:
        return None
    may, *facts = {**found[0], **{f"account_{name}": value for name, value in (settings or {}).items()}}.values()
    if not may:
        context.audit_trail.note_denials({AuditSubject("ManagedAccount", None, ACTION, PreviewForbidden.code): 1})
        raise PreviewForbidden
    return context.preview(viewer_of((MemberRole.ACCOUNT_ADMIN,), facts), account.key, settings or {})


@lru_cache(STATEMENT_CACHE_SIZE)
def _statement(readable: Predicate, saved: Predicate) -> sa.Select[Any]:
    """The account of a key, if it is `readable`: whether it is `saved`, and the facts of its viewers."""
    entity, table = CATALOGUE["ManagedAccount"], ManagedAccount.__table__
    may = to_column(saved, entity, table).label("may")
    rows = with_settings(sa.select(may, *VIEWER_PARAMETERS, *VIEWER_COLUMNS).select_from(Company))
    return rows.where(table.c.id == sa.bindparam("key", type_=sa.Uuid()), to_sql(readable, entity, table, per_row=True))
