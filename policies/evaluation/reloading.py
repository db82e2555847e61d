"""Hot reloading of the policy while the gateway runs. For development only.

A change takes effect as a whole or not at all. If the new files are invalid, the previous policy stays in force.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog
from watchfiles import awatch

from policies.errors import PolicyError
from policies.evaluation.policy import Policy
from policies.language.source import read_texts, unread_files

DEBOUNCE: Final = 1000  # maximum time to collect files that are saved together, in milliseconds

log = structlog.stdlib.get_logger("crossgate.policy")


class PolicyReloader:
    """Reloads a policy when its files change. `refusal` is the error of the current files, or None if they're valid."""

    def __init__(self, directory: Path, load: Callable[[], Policy], activate: Callable[[Policy], None]) -> None:
        """Create a reloader. `load` loads and checks the directory and can be slow. `activate` puts it in force and must be fast."""
        self.refusal: str | None = None
        self._directory = directory
        self._load = load
        self._activate = activate
        self._texts = _contents(directory)

    async def follow(self) -> None:
        """Reload whenever a policy file changes, until cancelled."""
        try:
            async for _ in awatch(self._directory, watch_filter=None, debounce=DEBOUNCE):
                await self._reload()
        except (OSError, RuntimeError) as error:  # watchfiles raises both, for example at the system's watch limit
            log.warning("policy.unwatched", error=str(error))

    async def _reload(self) -> None:
        try:
            before, self._texts = self._texts, await asyncio.to_thread(_contents, self._directory)
            changed = sorted({name for name, _ in before.items() ^ self._texts.items()})
            if not changed:
                return
            policy = await asyncio.to_thread(self._load)
        except Exception as error:  # whatever is wrong with the files, the previous policy stays in force
            self.refusal = str(error)
            log.error("policy.refused", error=self.refusal, exc_info=not isinstance(error, PolicyError | OSError))
        else:
            self._activate(policy)
            self.refusal = None
            log.info("policy.loaded", policy=policy.version, files=changed)


def _contents(directory: Path) -> dict[str, str | None]:
    """Return the content of each policy file. A misplaced file is never read: its value is None until it's removed."""
    unread = dict.fromkeys(unread_files(directory))
    return unread or {text.file: text.content for text in read_texts(directory)}
