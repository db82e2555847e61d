"""How anything is found again by its global id. What is absent and what is hidden look the same."""

from __future__ import annotations

from asyncio import gather
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from resolvers.reading.records import Record
from resolvers.values import identifiers
from resolvers.values.errors import PublicError
from resolvers.values.identifiers import Identifier, InvalidId

if TYPE_CHECKING:
    from resolvers.context import Context

NO_NODES: Final = frozenset({"Image"})  # it has an id, which names its file


@dataclass(frozen=True, slots=True)
class GlobalId:
    """The global id of each parent, whatever its type."""

    async def __call__(self, parents: Sequence[Record], _context: Context) -> list[str]:
        """The id of each parent."""
        return [self.of(parent) for parent in parents]

    def of(self, parent: Record) -> str:
        """The id of one parent."""
        return str(Identifier(parent.entity, parent.id))


MAX_INVALID_IDS: Final = 20  # of one list: each has an error of its own, and errors are dear


class TooManyIds(PublicError):
    """More ids were asked for than a page may have."""

    code = "TOO_MANY_IDS"


@dataclass(frozen=True, slots=True)
class ByAnyId:
    """The thing that an id names, whatever its type."""

    async def __call__(self, roots: Sequence[object], context: Context, **arguments: Any) -> list[Record | None]:
        """The thing, None where there is none or the viewer may not read it. Raises InvalidId."""
        (named,) = self.named(arguments, context)
        return await context.loaders.rows(named.type, [named.key] * len(roots))

    def named(self, arguments: Mapping[str, Any], _context: Context) -> list[Identifier]:
        """What is asked for."""
        return [_parse(arguments["id"], "id")]


@dataclass(frozen=True, slots=True)
class ByAnyIds:
    """The things that ids name, in their order. An id that is none is an error of its own place only."""

    async def __call__(
        self, roots: Sequence[object], context: Context, **arguments: Any
    ) -> list[list[Record | InvalidId | None]]:
        """The things. Raises TooManyIds."""
        named = self.named(arguments, context)
        once = list({id(one): one for one in named}.values())
        found = await gather(*(_load(one, context) for one in once))
        known = dict(zip(map(id, once), found, strict=True))
        return [[known[id(one)] for one in named]] * len(roots)

    def named(self, arguments: Mapping[str, Any], context: Context) -> list[Identifier | InvalidId]:
        """What is asked for. Raises TooManyIds, and InvalidId for the whole list where very many of it are no ids."""
        ids = arguments["ids"]
        if len(ids) > (most := context.services.max_page_size):
            raise TooManyIds(f"Argument 'ids' may have {most} ids at most, not {len(ids)}.", argument="ids")
        invalid = InvalidId("ids")  # an error takes longer to make than an id to read, so all of them are the same
        known = {text: _named(text) or invalid for text in dict.fromkeys(ids)}
        found = [known[text] for text in ids]
        if found.count(invalid) > MAX_INVALID_IDS:
            raise invalid
        return found


def _parse(text: str, argument: str) -> Identifier:
    """The node that an id names. Raises InvalidId for the id of what is no node too."""
    named = identifiers.parse(text, argument)
    if named.type in NO_NODES:
        raise InvalidId(argument)
    return named


def _named(text: str) -> Identifier | None:
    """The node that an id names, None if it names none."""
    named = identifiers.find(text) if len(text) == identifiers.LENGTH else None
    return None if named is None or named.type in NO_NODES else named


async def _load(named: Identifier | InvalidId, context: Context) -> Record | InvalidId | None:
    if isinstance(named, InvalidId):
        return named
    return (await context.loaders.rows(named.type, [named.key]))[0]


global_id: Final = GlobalId()
node: Final = ByAnyId()
nodes: Final = ByAnyIds()
