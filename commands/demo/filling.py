"""Fills an empty database with the sample market, with a progress bar."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from sqlalchemy.ext.asyncio import AsyncEngine

from commands.demo.market import CONCEPTS, NotEmpty, filled_table, load, make
from commands.demo.scales import SEED, DemoScale
from commands.demo.words import INVENTED
from commands.store import migrate, open_database, running_database
from settings import Settings

SUMMARY: Final = {
    "location": "locations",
    "company": "companies",
    "managed_account": "managed accounts",
    "port": "ports",
    "product": "products",
    "offer": "offers",
}


def fill_database(scale: DemoScale, seed: int) -> str:
    """Build and store the sample market in an empty database. Returns a summary. Raises NotEmpty."""
    with running_database(Settings.load()) as settings:
        return asyncio.run(_demo(settings, scale, seed))


async def _demo(settings: Settings, scale: DemoScale, seed: int) -> str:
    async with open_database(settings) as engine:
        await migrate(engine)
        return await fill(engine, scale, seed)


async def fill(engine: AsyncEngine, scale: DemoScale, seed: int = SEED) -> str:
    """Build and store the sample market. Returns a summary. Raises NotEmpty."""
    if table := await filled_table(engine):
        raise NotEmpty(table)
    start, console = time.monotonic(), Console(stderr=True)
    columns = (TextColumn("{task.description:<8}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        building = progress.add_task("Building", total=len(CONCEPTS))
        world = make(scale, seed, lambda _concept, _rows: progress.advance(building))
        storing = progress.add_task("Storing", total=world.size)
        await load(engine, world, lambda _table, rows: progress.advance(storing, rows))
    counts = ", ".join(f"{len(world.rows[table]):,} {name}" for table, name in SUMMARY.items())
    return f"{counts}; {world.size:,} rows in {time.monotonic() - start:.1f} s. {INVENTED}"
