"""View as: finds the viewer for the id of a company or user, if the requester may view the market as it.

Policy decides for the requester whether it may do so, and for that viewer what is visible, which is never more than that viewer
sees. An invalid id, an unknown one, a hidden target and a forbidden one give the same refusal, after one statement.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import sqlalchemy as sa

from choices import MemberRole
from models import Company, Membership
from policies.catalogue import CATALOGUE
from policies.evaluation.policy import Policy
from policies.predicates.predicate import Predicate, conj, disj
from policies.predicates.sql import to_column, to_sql, viewer_parameters
from policies.viewer import Viewer
from resolvers.auditing.audit_log import AuditSubject
from resolvers.reading.viewers import VIEWER_COLUMNS, VIEWER_PARAMETERS, join_settings, viewer_of
from resolvers.values.errors import PublicError
from resolvers.values.identifiers import Identifier, InvalidId, parse

if TYPE_CHECKING:
    from resolvers.context import Context, Services

STATEMENT_CACHE_SIZE: Final = 1024  # shapes for which policy decides the same share a statement
KEY: Final = sa.bindparam("key", type_=sa.Uuid())
VIEW_AS: Final = "view_as"
NOBODY: Final = Identifier("Company", UUID(int=0))


class ViewAsRefused(PublicError):
    """The requester may not view as this company or user, or it doesn't exist. The error doesn't say which."""

    code = "VIEW_AS_REFUSED"

    def __init__(self) -> None:
        super().__init__("You can't view as this company or user, or it doesn't exist.")


async def resolve_view_as(context: Context, target_id: str, actions: Sequence[str] = (VIEW_AS,)) -> Viewer:
    """Return the viewer that the requester of a request views as, and audit a refusal. Raises ViewAsRefused."""
    try:
        return await find_view_as_target(context.services, context.requester, target_id, context.policy, actions)
    except ViewAsRefused:
        context.audit_trail.note_denials(
            {AuditSubject(_parse_target(target_id).type, None, actions[-1], ViewAsRefused.code): 1}
        )
        raise


async def find_view_as_target(
    services: Services, requester: Viewer, target_id: str, policy: Policy | None = None, actions: Sequence[str] = (VIEW_AS,)
) -> Viewer:
    """Return the viewer that `requester` views as, from the global id of a company or a user. Raises ViewAsRefused.

    For a company, the viewer has an account administrator's roles if the requester may view as one, else the requester's own;
    it is no particular user. For a user, the viewer is a member of the company that the user joined first, of those in which
    the requester may view as this user. `policy` is the policy of a running request. One of `actions` has to be allowed.
    """
    target = _parse_target(target_id)
    policy = policy or services.policy
    if target.type == "Company":
        as_administrator = policy.decide(requester.shape, "Company", "view_as_administrator").rows
        statement = _company_statement(_viewable(policy, requester, "Company", actions), as_administrator)
    else:
        statement = _member_statement(_viewable(policy, requester, "Membership", actions))
    rows = await services.reader.fetch(statement, {**viewer_parameters(requester), "key": target.key})
    if not rows:
        raise ViewAsRefused
    if target.type == "User":
        user_id, roles, *facts = rows[0]
        return viewer_of(roles, facts, user_id)
    _, is_administrator, *facts = rows[0]
    return viewer_of((MemberRole.ACCOUNT_ADMIN,) if is_administrator else requester.shape.roles, facts)


def _parse_target(target_id: str) -> Identifier:
    """Parse the id of a company or user. An invalid id maps to NOBODY, so that it costs one statement like any other."""
    try:
        target = parse(target_id, "viewAs")
    except InvalidId:
        return NOBODY
    return target if target.type in ("Company", "User") else NOBODY


def _viewable(policy: Policy, requester: Viewer, entity: str, actions: Sequence[str]) -> Predicate:
    """Return the rows of a type that the requester can read, and on which it can take one of the actions."""
    read, *allowed = (policy.decide(requester.shape, entity, action).rows for action in ("read", *actions))
    return conj((read, disj(allowed)))


@lru_cache(STATEMENT_CACHE_SIZE)
def _company_statement(viewable: Predicate, as_administrator: Predicate) -> sa.Select[Any]:
    """Select the company of a key if it's `viewable`: no user, whether `as_administrator`, and the facts of its viewers."""
    entity, table = CATALOGUE["Company"], Company.__table__
    administrator = to_column(as_administrator, entity, table).label("fully")
    rows = join_settings(
        sa.select(sa.null().label("user_id"), administrator, *VIEWER_PARAMETERS, *VIEWER_COLUMNS).select_from(Company)
    )
    return rows.where(table.c.id == KEY, to_sql(viewable, entity, table, per_row=True))


@lru_cache(STATEMENT_CACHE_SIZE)
def _member_statement(viewable: Predicate) -> sa.Select[Any]:
    """Select the first membership of a user that is `viewable`: the user, its roles, and the facts of its viewers."""
    entity, table = CATALOGUE["Membership"], Membership.__table__
    member = sa.select(Membership.user_id, Membership.roles, *VIEWER_PARAMETERS, *VIEWER_COLUMNS)
    rows = join_settings(member.join(Company, Company.id == Membership.company_id))
    memberships = rows.where(table.c.user_id == KEY, to_sql(viewable, entity, table, per_row=True))
    return memberships.order_by(Membership.id).limit(1)
