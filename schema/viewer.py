"""The viewer."""

from __future__ import annotations

import strawberry
from strawberry import ID

from choices import MemberRole
from resolvers import viewer
from schema.building.fields import COUNT_ALL_COST, resolved
from schema.building.policy_names import ActionName, TypeName
from schema.building.scalars import URL
from schema.company import Company
from schema.dashboard import Dashboard
from schema.invitation import Invitation
from schema.membership import Membership
from schema.session import Session
from schema.user import User


@strawberry.type(description="The signed-in user who is viewing as someone else.")
class ViewedBy:
    user_id: ID = strawberry.field(description="The global ID of the signed-in user.")
    name: str = strawberry.field(description="The user's full name.")
    company_id: ID = strawberry.field(description="The global ID of the company that the user is signed in to.")
    company_name: str = strawberry.field(description="The public name of that company.")


@strawberry.type(description="The current viewer: a signed-in user or an anonymous visitor. Fields describe the viewer itself.")
class Viewer:
    user: User | None = resolved(viewer.user, "The current user. Null for anonymous visitors.")
    company: Company | None = resolved(viewer.company, "The company that the user is signed in to.")
    roles: list[MemberRole] = resolved(viewer.roles, "The user's roles in the company.")
    memberships: list[Membership] = resolved(
        viewer.memberships, "The user's memberships of all companies, in the order in which it joined."
    )
    invitations: list[Invitation] = resolved(
        viewer.invitations,
        "The open invitations to the user's own address, once the user has verified it. The oldest comes first.",
    )
    session: Session | None = resolved(
        viewer.session, "The session that the request belongs to. Null for visitors and for development tokens."
    )
    sessions: list[Session] = resolved(viewer.sessions, "The user's sessions, oldest first.")
    email_verified: bool = resolved(
        viewer.email_verified, "Whether the user has proved that it owns its email address. False for anonymous visitors."
    )
    pricing_visible: bool = resolved(
        viewer.pricing_visible, "Whether the viewer can see prices. Distinguishes a hidden price from a missing one."
    )
    partner_documentation: URL | None = resolved(
        viewer.partner_documentation,
        "The URL of the operator's documentation for partners, if the operator provides one.",
        ability="read_partner_documentation",
    )
    chat_support_enabled: bool = resolved(viewer.chat_support_enabled, "Whether chat support is available to the viewer.")
    dashboard: Dashboard | None = resolved(
        viewer.dashboard,
        "The dashboard of the viewer's company.",
        ability="have_dashboard",
        cost=COUNT_ALL_COST,
    )
    can: bool = resolved(
        viewer.can,
        "Whether the viewer can take an action on its own company, including orders on its behalf, or on "
        "at least one object of another type. For a specific object, use its `viewerCan`.",
        {
            "action": (str, "The action, as a value of the type's action enum, such as `UPDATE`."),
            "type_name": (str, "The type. Use `Company` for actions that order or create something for a company."),
        },
    )
    can_take: bool = resolved(
        viewer.can,
        "The same as `can`, with enums for the action and the type.",
        {
            "action": (ActionName, "The action."),
            "type_name": (TypeName, "The type. Use `Company` for actions that order or create something for a company."),
        },
    )
    unread_notifications: int = resolved(
        viewer.unread_notifications, "The number of unread notifications. 0 for anonymous visitors."
    )
    viewing_as: Company | None = resolved(
        viewer.viewing_as, "The company that the market is being viewed as. Null if the viewer isn't viewing as anyone else."
    )
    viewed_by: ViewedBy | None = resolved(
        viewer.viewed_by, "The signed-in user who is viewing as someone else. Null otherwise."
    )
