"""Objects by their global id. An absent object and a hidden one give the same result."""

from __future__ import annotations

from asyncio import gather
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from models import CONCEPTS
from resolvers.reading.records import Record
from resolvers.values import identifiers
from resolvers.values.errors import PublicError
from resolvers.values.identifiers import Identifier, InvalidId

if TYPE_CHECKING:
    from resolvers.context import Context

NON_NODE_TYPES: Final = frozenset(concept.name for concept in CONCEPTS if not concept.is_node)
MAX_INVALID_IDS: Final = 20  # in one list: each has its own error in the answer, and errors are expensive


@dataclass(frozen=True, slots=True)
class GlobalId:
    """The global id of each parent, whatever its type."""

    async def __call__(self, parents: Sequence[Record], _context: Context) -> list[str]:
        """Return the id of each parent."""
        return [self.of(parent) for parent in parents]

    def of(self, parent: Record) -> str:
        """Return the id of one parent."""
        return str(Identifier(parent.entity, parent.id))


class TooManyIds(PublicError):
    """More ids were requested than a page can have."""

    code = "TOO_MANY_IDS"


@dataclass(frozen=True, slots=True)
class ByAnyId:
    """The object with a given global id, whatever its type."""

    async def __call__(self, roots: Sequence[object], context: Context, **arguments: Any) -> list[Record | None]:
        """Return the object, or None if it doesn't exist or the viewer can't read it. Raises InvalidId."""
        (identifier,) = self.parse_ids(arguments, context)
        return await context.loaders.rows(identifier.type, [identifier.key] * len(roots))

    def parse_ids(self, arguments: Mapping[str, Any], _context: Context) -> list[Identifier]:
        """Return the requested identifier."""
        return [_parse(arguments["id"], "id")]


@dataclass(frozen=True, slots=True)
class ByAnyIds:
    """The objects with given global ids, in the order of the ids. An invalid id is an error at its own position only."""

    async def __call__(
        self, roots: Sequence[object], context: Context, **arguments: Any
    ) -> list[list[Record | InvalidId | None]]:
        """Return the objects. Raises TooManyIds."""
        parsed = self.parse_ids(arguments, context)
        unique = list({id(each): each for each in parsed}.values())
        records = await gather(*(_load(each, context) for each in unique))
        results = dict(zip(map(id, unique), records, strict=True))
        return [[results[id(each)] for each in parsed]] * len(roots)

    def parse_ids(self, arguments: Mapping[str, Any], context: Context) -> list[Identifier | InvalidId]:
        """Return the requested identifiers, in order. Raises TooManyIds, and InvalidId if very many of the ids are invalid."""
        ids = arguments["ids"]
        if len(ids) > (max_ids := context.services.max_page_size):
            raise TooManyIds(f"Argument 'ids' can have at most {max_ids} IDs (got {len(ids)}).", argument="ids")
        invalid = InvalidId("ids")  # building an error takes longer than parsing an id, so all invalid ids share one
        by_text = {text: _parse_or_none(text) or invalid for text in dict.fromkeys(ids)}
        parsed = [by_text[text] for text in ids]
        if parsed.count(invalid) > MAX_INVALID_IDS:
            raise invalid
        return parsed


def _parse(text: str, argument: str) -> Identifier:
    """Parse the global id of a node. Raises InvalidId, also for types that aren't nodes."""
    if (identifier := _parse_or_none(text)) is None:
        raise InvalidId(argument)
    return identifier


def _parse_or_none(text: str) -> Identifier | None:
    """Parse the global id of a node. Returns None if it's invalid."""
    identifier = identifiers.parse_or_none(text)
    return None if identifier is None or identifier.type in NON_NODE_TYPES else identifier


async def _load(identifier: Identifier | InvalidId, context: Context) -> Record | InvalidId | None:
    if isinstance(identifier, InvalidId):
        return identifier
    return (await context.loaders.rows(identifier.type, [identifier.key]))[0]


global_id: Final = GlobalId()
node: Final = ByAnyId()
nodes: Final = ByAnyIds()
