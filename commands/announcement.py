"""What the announcement commands share: one transaction for all recipients, lookup by name or ID, and a progress bar."""

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
    """Open a session in one transaction. Raises Failure if the database has no tables yet."""
    async with open_database(settings) as engine:
        try:
            async with transaction(engine) as session:
                yield session
        except ProgrammingError:
            raise Failure("The database has no tables yet. Run `crossgate serve` or `crossgate database upgrade`.") from None


@contextmanager
def in_progress(total: int) -> Iterator[Callable[[], None]]:
    """Show a progress bar on standard error. Yields the function to call after each notified company."""
    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("Notifying", total=total)
        yield lambda: progress.advance(task)


def key_of(text: str, kind: str) -> UUID | None:
    """Return the key from a global ID or a UUID, or None if the text is neither, and therefore a name."""
    try:
        return parse(text, "id", kind).key
    except InvalidId:
        pass
    try:
        return UUID(text)
    except ValueError:
        return None


def the_one(matches: Sequence[UUID], description: str) -> UUID:
    """Return the only match. Raises Failure if nothing or more than one matches."""
    if len(matches) == 1:
        return matches[0]
    raise Failure(f"Found no {description}." if not matches else f"Found {len(matches)} matches for {description}. Use an ID.")
