"""The Node interface: whatever has an identity of its own has a global id, and is found again by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import strawberry
from strawberry import ID

from resolvers.reading import nodes
from schema.building.fields import resolved


@strawberry.interface(description="A thing that has a global id.")
class Node:
    id: ID = resolved(nodes.global_id, "Opaque, stable, unique among all things.")


def of(entity: str) -> Callable[[Any, Any], bool]:
    """Tell the records of an entity from others: which type of Node a record is."""
    return lambda record, _info: record.entity == entity
