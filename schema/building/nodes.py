"""The Node interface: every object with an identity has a global ID, and can be looked up by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import strawberry
from strawberry import ID

from policies.reason import Reason
from resolvers.reading import nodes
from resolvers.reading.hidden_fields import ViewerHides
from schema.building.fields import resolved

BY_ID: Final = {"id": (ID, "A global ID.")}  # the argument of a field that looks up an object


@strawberry.type(description="A field of an object that policy hides from the viewer.")
class HiddenField:
    field: str = strawberry.field(description="The name of the field, as in the schema.")
    reason: Reason = strawberry.field(description="Why the field is hidden, as in `extensions.redactions`.")


@strawberry.interface(description="An object with a global ID.")
class Node:
    id: ID = resolved(nodes.global_id, "The object's global ID: opaque, stable, and unique across all types.")
    viewer_hides: list[HiddenField] = resolved(
        ViewerHides(),
        "The fields that policy hides from the viewer, selected or not. Unlike `extensions.redactions`, a normalized cache keeps "
        "it with the object.",
    )


def of(entity: str) -> Callable[[Any, Any], bool]:
    """Return a predicate for the records of an entity. GraphQL uses it to find the concrete type of a Node."""
    return lambda record, _info: record.entity == entity
