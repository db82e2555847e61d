"""Who asks: from a token's claims to the viewer that policy knows, and what a viewer is told of itself."""

from __future__ import annotations

from asyncio import gather
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.ext.asyncio import AsyncEngine

from models import BillingMarket, Company, ManagedAccount, Membership, PartnerDefaults, User
from models.company import AccountKind
from models.managed_account import SETTINGS, effective
from models.reading import Reader
from policies.actions import ACTIONS
from policies.predicate import FALSE
from policies.viewer import Shape, Viewer
from resolvers.reading.allowed_actions import ViewerCan
from resolvers.reading.batching import Computed
from resolvers.reading.field_sources import ToOne
from resolvers.reading.nodes import NON_NODE_TYPES
from resolvers.reading.page_requests import parse_page_request
from resolvers.reading.records import Record
from resolvers.values.errors import PublicError
from resolvers.values.identifiers import TAGS, Identifier

if TYPE_CHECKING:
    from resolvers.context import Context

SHAPE_CACHE_SIZE: Final = 4096  # remembered; the facts that make them are few, and a set of facts always makes the same one
PAYER: Final = sa.func.coalesce(Company.partner_id, Company.id)
MARKETS: Final = sa.select(BillingMarket.market).where(BillingMarket.company_id == PAYER, BillingMarket.enabled)
VIEWER_PARAMETERS: Final[tuple[Any, ...]] = (
    Company.id.label("company_id"),
    Company.partner_id,
    sa.func.array(MARKETS.correlate(Company).scalar_subquery(), type_=postgresql.ARRAY(sa.Text())).label("markets"),
)
VIEWER_COLUMNS: Final[tuple[Any, ...]] = (  # what makes the shape, with the roles
    Company.account_kind,
    ManagedAccount.supported_by,
    *(getattr(ManagedAccount, name).label(f"account_{name}") for name in SETTINGS),
    *(getattr(PartnerDefaults, name).label(f"default_{name}") for name in SETTINGS),
)


def with_settings(companies: sa.Select[Any]) -> sa.Select[Any]:
    """A statement over companies, with the account of each and what its partner has set, where there are any, for FACTS."""
    return companies.outerjoin(ManagedAccount, ManagedAccount.company_id == Company.id).outerjoin(
        PartnerDefaults, PartnerDefaults.partner_id == Company.partner_id
    )


MEMBERS: Final = with_settings(
    sa.select(Membership.user_id, Membership.roles, *VIEWER_PARAMETERS, *VIEWER_COLUMNS).join(
        Company, Company.id == Membership.company_id
    )
)
BY_MEMBERSHIP: Final = MEMBERS.where(Membership.id == sa.bindparam("membership", type_=sa.Uuid()))
BY_USER_AND_COMPANY: Final = MEMBERS.where(
    Membership.user_id == sa.bindparam("user", type_=sa.Uuid()),
    Membership.company_id == sa.bindparam("company", type_=sa.Uuid()),
)
MEMBER_BY_EMAIL: Final = (
    sa.select(Membership.user_id, Membership.id)
    .join(User, User.id == Membership.user_id)
    .where(sa.func.lower(User.email) == sa.func.lower(sa.bindparam("email", type_=sa.Text())))
    .order_by(User.claimed.desc(), Membership.id)
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Member:
    """A user in a company."""

    user_id: UUID
    membership_id: UUID


async def find_member(engine: AsyncEngine, email: str) -> Member | None:
    """The user with this e-mail address, as a member of the company that it joined first; None if there is none."""
    if "\0" in email:  # which PostgreSQL takes in no text
        return None
    async with engine.connect() as connection:
        found = (await connection.execute(MEMBER_BY_EMAIL, {"email": email})).one_or_none()
    return found and Member(found.user_id, found.id)


async def find_viewer(reader: Reader, user_id: UUID, company_id: UUID) -> Viewer | None:
    """The viewer that a user is in a company as it stands now, None if it is no member."""
    return _signed_in(await reader.fetch(BY_USER_AND_COMPANY, {"user": user_id, "company": company_id}), user_id)


async def load_viewer(reader: Reader, user_id: UUID, membership_id: UUID) -> Viewer | None:
    """The viewer of a membership as it stands now, None if the user has it no more. Settings take effect at once (V2)."""
    return _signed_in(await reader.fetch(BY_MEMBERSHIP, {"membership": membership_id}), user_id)


def _signed_in(found: Sequence[Any], user_id: UUID) -> Viewer | None:
    """The viewer of a membership that was found, None if there is none or it is another user's."""
    if not found:
        return None
    user, roles, *facts = found[0]
    return viewer_of(roles, facts, user, signed_in_id=user) if user == user_id else None


def viewer_of(
    roles: Sequence[str], facts: Sequence[Any], user_id: UUID | None = None, *, signed_in_id: UUID | None = None
) -> Viewer:
    """The viewer who has these roles in a company, of which `facts` are PARAMETERS and FACTS."""
    company_id, partner_id, markets, *rest = facts
    shape = _shape(tuple(roles), *rest)
    return Viewer(
        shape=shape,
        user_id=user_id,
        signed_in_id=signed_in_id,
        company_id=company_id,
        partner_id=partner_id,
        markets=frozenset(markets),
    )


@lru_cache(SHAPE_CACHE_SIZE)
def _shape(roles: tuple[str, ...], kind: str, supported_by: Any, *switches: bool | None) -> Shape:
    """The shape that these facts make. `switches` are SETTINGS of the account itself, then those of its partner."""
    if kind != AccountKind.MANAGED:
        return Shape(kind=str(kind), roles=tuple(sorted(roles)))
    each = zip(SETTINGS, switches, switches[len(SETTINGS) :], strict=False)
    shown = {name: effective(name, override, default, supported_by).enabled for name, override, default in each}
    return Shape(
        kind=str(kind),
        roles=tuple(sorted(roles)),
        supported_by=str(supported_by),
        pricing_shown=shown["pricing"],
        chat_shown=shown["chat_support"],
        dashboard_shown=shown["dashboard"],
        company_profile_shown=shown["company_profile"],
        order_approval_required=shown["order_approval"],
    )


async def viewer(roots: Sequence[object], context: Context) -> list[Viewer]:
    """Whoever asks; anonymous visitors are viewers too."""
    return [context.viewer] * len(roots)


user: Final = ToOne("User", "user_id")
company: Final = ToOne("Company", "company_id")
dashboard: Final = ToOne("Dashboard", "company_id")
roles: Final = Computed(lambda shape: shape.roles, ("shape",))


async def viewing_as(viewers: Sequence[Viewer], context: Context) -> list[Record | None]:
    """The company as which the asker looks at the market, None for whoever looks as itself."""
    if not context.is_view_as:
        return [None] * len(viewers)
    return await context.loaders.rows("Company", [each.company_id for each in viewers])


@dataclass(frozen=True, slots=True)
class ViewedBy:
    """Who looks as the viewer: what it may know of itself, whatever the viewer may know of it."""

    user_id: str
    name: str
    company_id: str
    company_name: str


async def viewed_by(viewers: Sequence[Viewer], context: Context) -> list[ViewedBy | None]:
    """Who sent the request, None for the viewer itself."""
    if not context.is_view_as:
        return [None] * len(viewers)
    asker, loaders = context.requester, context.as_requester().loaders
    ((user,), (company,)) = await gather(loaders.rows("User", [asker.user_id]), loaders.rows("Company", [asker.company_id]))
    if user is None or company is None:
        return [None] * len(viewers)
    names = str(Identifier("User", user.id)), user.name, str(Identifier("Company", company.id)), company.trading_name
    return [ViewedBy(*names)] * len(viewers)


async def pricing_visible(viewers: Sequence[Viewer], context: Context) -> list[bool]:
    """Whether the viewer sees prices anywhere (A16)."""
    return [context.can("see_prices")] * len(viewers)


async def chat_support_enabled(viewers: Sequence[Viewer], context: Context) -> list[bool]:
    """Whether the viewer has support by chat (R108, R110, A12)."""
    return [context.can("use_chat")] * len(viewers)


class UnknownAction(PublicError):
    """A type that nothing is done to, or an action that is none of the type. Says which argument."""

    code = "UNKNOWN_ACTION"

    def __init__(self, argument: str) -> None:
        super().__init__(f"Argument '{argument}' names nothing that viewers may be able to do.", argument=argument)


async def can(viewers: Sequence[Viewer], context: Context, *, action: str, type_name: str) -> list[bool]:
    """Whether there may be a thing of the type on which the viewer takes the action; of companies, whether its own is one.

    Raises UnknownAction.
    """
    if type_name not in TAGS or type_name in NON_NODE_TYPES:
        raise UnknownAction("typeName")
    if action.lower() not in ACTIONS[type_name]:
        raise UnknownAction("action")
    if type_name != "Company":
        return [context.decide(type_name, action.lower()).rows != FALSE] * len(viewers)
    own = [row for row in await context.loaders.rows("Company", [context.viewer.company_id]) if row is not None]
    return [any(action.upper() in words for words in await ViewerCan("Company")(own, context))] * len(viewers)


async def unread_notifications(viewers: Sequence[Viewer], context: Context) -> list[int]:
    """How many notifications the viewer has not marked as read; none, of a visitor."""
    asked = parse_page_request(context, "Notification", {"filter": {"unread": True}}, None)
    counted = await context.loaders.count(asked, [])
    return [counted[None]] * len(viewers)


async def partner_documentation(viewers: Sequence[Viewer], context: Context) -> list[str | None]:
    """Where partners find more about their programme, None where the operator has said nothing (R125)."""
    return [context.services.partner_docs_url] * len(viewers)
