"""The viewer."""

from __future__ import annotations

import strawberry
from strawberry import ID

from resolvers import viewer
from schema.building.fields import resolved
from schema.building.scalars import URL
from schema.company import Company
from schema.dashboard import Dashboard
from schema.enums import MemberRole
from schema.user import User


@strawberry.type(description="Who looks at the market as another viewer.")
class ViewedBy:
    user_id: ID = strawberry.field(description="The global id of the user who is signed in.")
    name: str = strawberry.field(description="The user's full name.")
    company_id: ID = strawberry.field(description="The global id of the company that the user is signed in for.")
    company_name: str = strawberry.field(description="The name of that company that the public knows.")


@strawberry.type(description="Whoever asks. Anonymous visitors are viewers too.")
class Viewer:
    user: User | None = resolved(viewer.user, "The user who is signed in.")
    company: Company | None = resolved(viewer.company, "The company that the user is signed in for.")
    roles: list[MemberRole] = resolved(viewer.roles, "The user's roles in that company.")
    pricing_visible: bool = resolved(
        viewer.pricing_visible, "Whether the viewer sees prices: tells a hidden price from one that is not there."
    )
    partner_documentation: URL | None = resolved(
        viewer.partner_documentation,
        "Where a partner finds more about its programme, if the operator says so.",
        ability="read_partner_documentation",
    )
    chat_support_enabled: bool = resolved(viewer.chat_support_enabled, "Whether the viewer has support by chat.")
    dashboard: Dashboard | None = resolved(
        viewer.dashboard,
        "The dashboard of the viewer's company.",
        ability="have_dashboard",
    )
    can: bool = resolved(
        viewer.can,
        "Whether the viewer may do something: to its own company, what is ordered or made for it included, or to some thing of"
        " another type, if there is one. What may be done to a certain thing is its `viewerCan`.",
        {
            "action": (str, "The action, as the type's enum of actions spells it."),
            "type_name": (str, "The type, such as `Company` for what is ordered or made for a company."),
        },
    )
    unread_notifications: int = resolved(
        viewer.unread_notifications, "How many notifications the viewer has not marked as read; none for anonymous visitors."
    )
    viewing_as: Company | None = resolved(
        viewer.viewing_as, "The company as which the market is looked at: the viewer's. Null for whoever looks as itself."
    )
    viewed_by: ViewedBy | None = resolved(
        viewer.viewed_by, "Who is signed in, while the market is looked at as another viewer; or else null."
    )
