"""Sessions."""

from __future__ import annotations

from datetime import datetime

import strawberry
from strawberry import ID

from resolvers import session
from resolvers.reading.nodes import GlobalId
from schema.building.fields import column, resolved


@strawberry.type(description="A place where the user is signed in, such as a browser.")
class Session:
    id: ID = resolved(GlobalId(), "The global ID.")
    created_at: datetime = column("When the user signed in.")
    last_used_at: datetime = column("When the session last got tokens. It ends 30 days later.")
    recent_until: datetime = resolved(
        session.recent_until,
        "When the sign-in stops being recent. After that, giving roles, creating API keys and changing "
        "where webhooks go need another `signIn`.",
    )
    user_agent: str | None = column("The program that signed in, as it described itself.")
    current: bool = resolved(session.current, "Whether this is the session of the request.")


@strawberry.type(description="The tokens of a session.")
class Tokens:
    access_token: str = strawberry.field(description="The token to send as `Authorization: Bearer`.")
    expires_at: datetime = strawberry.field(description="When the access token expires.")
    refresh_token: str | None = strawberry.field(
        description="The token for `refreshTokens`, good once. Null if it's set as a cookie, or if the session keeps the one that "
        "it has."
    )
