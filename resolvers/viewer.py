"""The viewer: the fields that tell the caller about itself."""

from __future__ import annotations

from asyncio import gather
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from policies.language.actions import ACTIONS
from policies.predicates.predicate import FALSE
from policies.viewer import Viewer
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


async def viewer(roots: Sequence[object], context: Context) -> list[Viewer]:
    """Return the current viewer. Anonymous visitors are viewers too."""
    return [context.viewer] * len(roots)


user: Final = ToOne("User", "user_id")
company: Final = ToOne("Company", "company_id")
dashboard: Final = ToOne("Dashboard", "company_id")
roles: Final = Computed(lambda shape: shape.roles, ("shape",))


async def memberships(viewers: Sequence[Viewer], context: Context) -> list[list[Record]]:
    """Return all memberships of the user, in the order in which it joined."""
    return await context.loaders.lists("Membership", [viewer.user_id for viewer in viewers], by="user_id", order="id")


async def invitations(viewers: Sequence[Viewer], context: Context) -> list[list[Record]]:
    """Return the open invitations to the user's address, oldest first (V45)."""
    keys = [viewer.signed_in_id for viewer in viewers]
    return await context.loaders.lists("Invitation", keys, by="invitee_id", order="id")


async def sessions(viewers: Sequence[Viewer], context: Context) -> list[list[Record]]:
    """Return the user's sessions, oldest first."""
    return await context.loaders.lists("Session", [viewer.user_id for viewer in viewers], by="user_id", order="id")


session: Final = ToOne("Session", "session_id")


async def email_verified(viewers: Sequence[Viewer], context: Context) -> list[bool]:
    """Return whether the user has proved that it owns its email address (R401)."""
    users = await context.loaders.rows("User", [viewer.user_id for viewer in viewers])
    return [user is not None and user.email_verified_at is not None for user in users]


async def viewing_as(viewers: Sequence[Viewer], context: Context) -> list[Record | None]:
    """Return the company that the requester views as, or None without view-as."""
    if not context.is_view_as:
        return [None] * len(viewers)
    return await context.loaders.rows("Company", [viewer.company_id for viewer in viewers])


@dataclass(frozen=True, slots=True)
class ViewedBy:
    """The requester of a view-as request, with its own names, which the viewer may not be able to read."""

    user_id: str
    name: str
    company_id: str
    company_name: str


async def viewed_by(viewers: Sequence[Viewer], context: Context) -> list[ViewedBy | None]:
    """Return the requester, or None without view-as."""
    if not context.is_view_as:
        return [None] * len(viewers)
    requester, loaders = context.requester, context.as_requester().loaders
    ((user,), (company,)) = await gather(
        loaders.rows("User", [requester.user_id]), loaders.rows("Company", [requester.company_id])
    )
    if user is None or company is None:
        return [None] * len(viewers)
    names = str(Identifier("User", user.id)), user.name, str(Identifier("Company", company.id)), company.trading_name
    return [ViewedBy(*names)] * len(viewers)


async def pricing_visible(viewers: Sequence[Viewer], context: Context) -> list[bool]:
    """Return whether the viewer sees any prices (A16)."""
    return [context.can("see_prices")] * len(viewers)


async def chat_support_enabled(viewers: Sequence[Viewer], context: Context) -> list[bool]:
    """Return whether the viewer has chat support (R108, R110, A12)."""
    return [context.can("use_chat")] * len(viewers)


class UnknownAction(PublicError):
    """The type has no actions, or no such action. `argument` says which argument is wrong."""

    code = "UNKNOWN_ACTION"

    def __init__(self, argument: str, problem: str) -> None:
        super().__init__(f"Argument '{argument}' {problem}.", argument=argument)


async def can(viewers: Sequence[Viewer], context: Context, *, action: str, type_name: str) -> list[bool]:
    """Return whether the viewer may be able to take the action on some object of the type; for Company, on its own.

    Raises UnknownAction.
    """
    if type_name not in TAGS or type_name in NON_NODE_TYPES:
        raise UnknownAction("typeName", "must be the name of a type that has actions")
    if action.lower() not in ACTIONS[type_name]:
        raise UnknownAction("action", f"isn't an action on {type_name}")
    if type_name != "Company":
        return [context.decide(type_name, action.lower()).rows != FALSE] * len(viewers)
    own = [row for row in await context.loaders.rows("Company", [context.viewer.company_id]) if row is not None]
    return [any(action.upper() in actions for actions in await ViewerCan("Company")(own, context))] * len(viewers)


async def unread_notifications(viewers: Sequence[Viewer], context: Context) -> list[int]:
    """Count the viewer's unread notifications; 0 for visitors."""
    page_request = parse_page_request(context, "Notification", {"filter": {"unread": True}}, None)
    counts = await context.loaders.count(page_request, [])
    return [counts[None]] * len(viewers)


async def partner_documentation(viewers: Sequence[Viewer], context: Context) -> list[str | None]:
    """Return the URL of the partner documentation, or None if the operator hasn't configured one (R125)."""
    return [context.services.partner_docs_url] * len(viewers)
