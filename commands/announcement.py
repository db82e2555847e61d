"""What announcements of the operator share: one transaction for all that are told, things by name or id, and a bar of progress."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from uuid import UUID

from rich.console import Console
from rich.progress import Progress
from sqlalchemy.exc import ProgrammingError
from sqlalchemy.ext.asyncio import AsyncSession

from commands.failure import Failure
from commands.store import open_database
from models.database import transaction
from resolvers.values.identifiers import InvalidId, parse
from settings import Settings


@asynccontextmanager
async def announcing(settings: Settings) -> AsyncIterator[AsyncSession]:
    """A session whose one transaction is committed if nothing goes wrong. Raises Failure where there are no tables yet."""
    async with open_database(settings) as engine:
        try:
            async with transaction(engine) as session:
                yield session
        except ProgrammingError:
            raise Failure("The database is not migrated. Run `crossgate serve` or `crossgate database upgrade`.") from None


@contextmanager
def in_progress(total: int) -> Iterator[Callable[[], None]]:
    """What to call for each company that was told; a bar on standard error shows it to whoever looks."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Telling", total=total)
        yield lambda: progress.advance(task)


def key_of(text: str, kind: str) -> UUID | None:
    """The key in a global id or a UUID, None if it is neither, and so a name."""
    try:
        return parse(text, "id", kind).key
    except InvalidId:
        pass
    try:
        return UUID(text)
    except ValueError:
        return None


def the_one(found: Sequence[UUID], what: str) -> UUID:
    """The only thing found. Raises Failure."""
    if len(found) == 1:
        return found[0]
    raise Failure(f"There is no {what}." if not found else f"There are {len(found)} of {what}: give an id.")
