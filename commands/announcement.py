"""What the announcement commands share: lookup by name or ID, and a progress bar."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from uuid import UUID

from rich.console import Console
from rich.progress import Progress

from commands.failure import Failure
from resolvers.values.identifiers import InvalidId, parse


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
