"""Arguments that the policy commands share: types and fields by name, and viewers by email address."""

from __future__ import annotations

from commands.failure import Failure
from commands.store import open_database, requiring_tables
from models.reading import Reader
from policies.evaluation.policy import Policy
from policies.viewer import Viewer
from resolvers.reading.viewers import find_member, load_viewer
from resolvers.values.text import camel
from settings import Settings


def type_of(policy: Policy, name: str) -> str:
    """Return the policy type's name. Raises PolicyError, which lists the types, if it doesn't exist."""
    return policy.catalogue[name].name


def field_of(policy: Policy, entity: str, name: str) -> str:
    """Return a type's field by its policy or schema name. Raises Failure."""
    fields = policy.fields(entity)
    match = next((field for field in fields if name in (field, camel(field))), None)
    if match is None:
        raise Failure(f"{entity} has no field {name} in the policy. Its fields: {', '.join(map(camel, fields)) or 'none'}.")
    return match


async def viewer_at(settings: Settings, reader: Reader, email: str) -> Viewer:
    """Return the user with an email address, acting for the company that they joined first. Raises Failure."""
    async with open_database(settings) as engine:
        with requiring_tables():
            member = await find_member(engine, email)
    viewer = None if member is None else await load_viewer(reader, member.user_id, member.membership_id)
    if viewer is None:
        raise Failure(f"No user has the email address {email}.")
    return viewer
