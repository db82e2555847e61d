"""Looking as another: from a company's or a user's id to the viewer as which somebody may look at the market.

Policy decides on the asker; what is then seen is decided for whom it looks as, and is never more than that viewer sees.
Whatever stands in the way (an id that is none, nobody's, hidden or not the asker's business) is one refusal, after one statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import sqlalchemy as sa

from models import Company, Membership
from models.membership import MemberRole
from policies.catalogue import CATALOGUE
from policies.policy import Policy
from policies.predicate import Predicate, conj, disj
from policies.sql import to_column, to_sql, viewer_parameters
from policies.viewer import Viewer
from resolvers.auditing.audit_log import AuditSubject
from resolvers.values.errors import PublicError
from resolvers.values.identifiers import Identifier, InvalidId, parse
from resolvers.viewer import VIEWER_COLUMNS, VIEWER_PARAMETERS, viewer_of, with_settings

if TYPE_CHECKING:
    from resolvers.context import Context, Services

STATEMENT_CACHE_SIZE: Final = 1024  # statements of each kind; shapes that policy does not tell apart share one
KEY: Final = sa.bindparam("key", type_=sa.Uuid())
VIEW_AS: Final = "view_as"
NOBODY: Final = Identifier("Company", UUID(int=0))


class ViewAsRefused(PublicError):
    """The viewer may not look as this company or user, or there is none: it is not told which."""

    code = "VIEW_AS_REFUSED"

    def __init__(self) -> None:
        super().__init__("The viewer may not look as this company or user, or there is none.")


async def resolve_view_as(context: Context, named: str, by: Sequence[str] = (VIEW_AS,)) -> Viewer:
    """The viewer as which the asker of a request looks, as `find_view_as_target`; a refusal is noted among its acts. Raises ViewAsRefused."""
    try:
        return await find_view_as_target(context.services, context.requester, named, context.policy, by)
    except ViewAsRefused:
        context.audit_trail.note_denials({AuditSubject(_target(named).type, None, by[-1], ViewAsRefused.code): 1})
        raise


async def find_view_as_target(
    services: Services, asker: Viewer, named: str, policy: Policy | None = None, by: Sequence[str] = (VIEW_AS,)
) -> Viewer:
    """The viewer as which `asker` looks who names a company or a user by its global id. Raises ViewAsRefused.

    In a company it has the roles of an account administrator, if the asker may see as one, or else its own, and is no user. A user
    it is as a member of the company that it joined first, of those in which the asker may look as it. `policy` is that of a request
    which has begun; `by` are actions of which one has to be allowed.
    """
    target = _target(named)
    policy = policy or services.policy
    if target.type == "Company":
        fully = policy.decide(asker.shape, "Company", "view_as_administrator").rows
        statement = _company_statement(_seen(policy, asker, "Company", by), fully)
    else:
        statement = _member_statement(_seen(policy, asker, "Membership", by))
    found = await services.reader.fetch(statement, {**viewer_parameters(asker), "key": target.key})
    if not found:
        raise ViewAsRefused
    who, how, *facts = found[0]
    if target.type == "User":
        return viewer_of(how, facts, who)
    return viewer_of((MemberRole.ACCOUNT_ADMIN,) if how else asker.shape.roles, facts)


def _target(named: str) -> Identifier:
    """The company or the user that an id names; what is none is nobody, and is looked for as everybody is."""
    try:
        found = parse(named, "viewAs")
    except InvalidId:
        return NOBODY
    return found if found.type in ("Company", "User") else NOBODY


def _seen(policy: Policy, asker: Viewer, entity: str, by: Sequence[str]) -> Predicate:
    """The rows of a type that the asker may read, and to which it may do one of the actions."""
    read, *allowed = (policy.decide(asker.shape, entity, action).rows for action in ("read", *by))
    return conj((read, disj(allowed)))


@lru_cache(STATEMENT_CACHE_SIZE)
def _company_statement(seen: Predicate, fully: Predicate) -> sa.Select[Any]:
    """The company of a key, if it is `seen`: nobody in it, whether `fully`, and the facts of its viewers."""
    entity, table = CATALOGUE["Company"], Company.__table__
    administrator = to_column(fully, entity, table).label("fully")
    rows = with_settings(
        sa.select(sa.null().label("user_id"), administrator, *VIEWER_PARAMETERS, *VIEWER_COLUMNS).select_from(Company)
    )
    return rows.where(table.c.id == KEY, to_sql(seen, entity, table, per_row=True))


@lru_cache(STATEMENT_CACHE_SIZE)
def _member_statement(seen: Predicate) -> sa.Select[Any]:
    """The first membership of the user of a key that is `seen`: the user, its roles, and the facts of its viewers."""
    entity, table = CATALOGUE["Membership"], Membership.__table__
    member = sa.select(Membership.user_id, Membership.roles, *VIEWER_PARAMETERS, *VIEWER_COLUMNS)
    rows = with_settings(member.join(Company, Company.id == Membership.company_id))
    mine = rows.where(table.c.user_id == KEY, to_sql(seen, entity, table, per_row=True))
    return mine.order_by(Membership.id).limit(1)
