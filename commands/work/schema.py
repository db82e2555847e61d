"""The schema as SDL, also as some viewers see it, and its changes since a snapshot."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path
from typing import Final

from graphql import GraphQLError, GraphQLSchema, build_schema
from graphql.utilities import find_breaking_changes, find_dangerous_changes

import server
from commands.failure import Failure
from policies.errors import PolicyError
from policies.evaluation.shapes import parse_shape
from schema.introspection.printing import full_sdl, print_types
from schema.introspection.viewer_schemas import ViewerSchemas
from schema.schema import make_schema

UPDATE_HINT: Final = "If this is intended, update the snapshot: crossgate schema print > schema/schema.graphql"
NOT_SDL: Final = f"The snapshot isn't a schema in SDL. {UPDATE_HINT}"


def check(file: Path) -> None:
    """Raise Failure if the schema differs from a snapshot, with the changes."""
    try:
        before = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise Failure(f"The snapshot {file} doesn't exist. {UPDATE_HINT}") from None
    except UnicodeDecodeError:
        raise Failure(NOT_SDL) from None
    if report := "\n".join(changes(before, sdl())):
        raise Failure(f"The schema differs from {file.name}.\n{report}\n{UPDATE_HINT}")


def sdl() -> str:
    """Return the current schema as SDL."""
    return full_sdl(server.load_policy())


def shaped_sdl(text: str) -> str:
    """Return the SDL that viewers of a shape see. Raises Failure if `text` isn't a shape."""
    try:
        shape = parse_shape(text)
    except PolicyError as error:
        raise Failure(str(error)) from None
    return print_types(ViewerSchemas().of(make_schema()._schema, server.load_policy(), shape))


def changes(before: str, after: str) -> Iterator[str]:
    """Yield the lines that differ, then each change that clients may notice. Yields nothing if the texts are equal.

    Raises Failure if `before` isn't SDL.
    """
    yield from unified_diff(before.splitlines(), after.splitlines(), "snapshot", "schema", lineterm="")
    if before != after:
        yield from _client_changes(_built(before), build_schema(after))


def _built(snapshot: str) -> GraphQLSchema:
    try:
        return build_schema(snapshot)
    except (GraphQLError, TypeError):
        raise Failure(NOT_SDL) from None


def _client_changes(before: GraphQLSchema, after: GraphQLSchema) -> Iterator[str]:
    breaking, dangerous = find_breaking_changes(before, after), find_dangerous_changes(before, after)
    yield from (f"BREAKING: {change.description}" for change in breaking)
    yield from (f"DANGEROUS: {change.description}" for change in dangerous)
    if not breaking and not dangerous:
        yield "Not breaking: existing clients keep working."
