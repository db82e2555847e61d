"""Reloading: policy that follows its files while it serves, for whoever writes it.

What is saved takes effect as a whole, or is refused as a whole, and then the policy before serves on. It is for development only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog
from watchfiles import awatch

from policies.errors import PolicyError
from policies.policy import Policy
from policies.source import read_texts, unread_files

DEBOUNCE: Final = 1000  # milliseconds at most for which files that are saved together are waited for

log = structlog.stdlib.get_logger("crossgate.policy")


class Reloading:
    """Loads a policy anew when its files change. `refusal` says what is wrong with the files as they are, None if nothing is."""

    def __init__(self, directory: Path, load: Callable[[], Policy], take: Callable[[Policy], None]) -> None:
        """`load` loads and checks what is in the directory, which may take a while; `take` puts it in force, which may not."""
        self.refusal: str | None = None
        self._directory = directory
        self._load = load
        self._take = take
        self._texts = _contents(directory)

    async def follow(self) -> None:
        """Reload whenever a policy file has changed, until cancelled."""
        try:
            async for _ in awatch(self._directory, watch_filter=None, debounce=DEBOUNCE):
                await self._reload()
        except (OSError, RuntimeError) as error:  # watchfiles raises both; there is a limit to what a system watches
            log.warning("policy.unwatched", error=str(error))

    async def _reload(self) -> None:
        try:
            before, self._texts = self._texts, await asyncio.to_thread(_contents, self._directory)
            changed = sorted({name for name, _ in before.items() ^ self._texts.items()})
            if not changed:
                return
            policy = await asyncio.to_thread(self._load)
        except Exception as error:  # whatever is wrong with the files, the policy before serves on
            self.refusal = str(error)
            log.error("policy.refused", error=self.refusal, exc_info=not isinstance(error, PolicyError | OSError))
        else:
            self._take(policy)
            self.refusal = None
            log.info("policy.loaded", policy=policy.version, files=changed)


def _contents(directory: Path) -> dict[str, str | None]:
    """What each policy file holds; None for a file that is not read, which is refused as long as it is there."""
    unread = dict.fromkeys(unread_files(directory))
    return unread or {text.file: text.content for text in read_texts(directory)}
