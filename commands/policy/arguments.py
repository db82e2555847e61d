"""What the tools of policy are asked about: a type and a field by their names, a viewer by its shape or its address."""

from __future__ import annotations

from sqlalchemy.exc import ProgrammingError

from commands.failure import Failure
from commands.store import open_database
from models.reading import Reader
from policies.policy import Policy
from policies.viewer import Viewer
from resolvers.values.text import camel
from resolvers.viewer import find_member, load_viewer
from settings import Settings


def type_of(policy: Policy, name: str) -> str:
    """The type of policy of that name. Raises PolicyError, which names those that there are."""
    return policy.catalogue[name].name


def field_of(policy: Policy, entity: str, name: str) -> str:
    """The field of a type that policy or the schema calls so. Raises Failure."""
    known = policy.fields(entity)
    found = next((each for each in known if name in (each, camel(each))), None)
    if found is None:
        raise Failure(f"{entity} has no field {name} that policy decides; it has {', '.join(map(camel, known)) or 'none'}.")
    return found


async def viewer_at(settings: Settings, reader: Reader, email: str) -> Viewer:
    """The user with this address, as a member of the company that it joined first. Raises Failure."""
    async with open_database(settings) as engine:
        try:
            member = await find_member(engine, email)
        except ProgrammingError:
            raise Failure("The database has no tables yet. Run `crossgate serve` or `crossgate database upgrade`.") from None
    viewer = None if member is None else await load_viewer(reader, member.user_id, member.membership_id)
    if viewer is None:
        raise Failure(f"Nobody has the address {email}.")
    return viewer
