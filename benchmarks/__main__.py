"""`python -m benchmarks`: measure, write `benchmarks/results.json` and print a table. Progress goes to standard error."""

from __future__ import annotations

import asyncio
import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import typer

from benchmarks.market import DIRECTORY, prepare
from benchmarks.overhead import ALLOWED, VIEWERS, Result, measure
from models.embedded import Embedded

RESULTS: Final = Path(__file__).with_name("results.json")


def main(
    rounds: Annotated[int, typer.Option(min=1, help="How often each side is measured.")] = 20,
    rows: Annotated[int, typer.Option(min=1, max=1000, help="Ports on the page.")] = 1000,
) -> None:
    """Measure what authorization costs: a page of ports, against the same page with the mask and the filter taken out."""
    with Embedded(DIRECTORY) as postgres:
        results = asyncio.run(_measure(postgres, rows, rounds))
    RESULTS.write_text(json.dumps([asdict(result) | {"ratio": round(result.ratio, 3)} for result in results], indent=2) + "\n")
    typer.echo(table(results))
    sys.exit(any(result.ratio > ALLOWED for result in results))


def table(results: list[Result]) -> str:
    """The results as a table in Markdown."""
    lines = ["| viewer | level | with policy, ms | without, ms | ratio |", "|---|---|---|---|---|"]
    lines += [
        f"| {result.viewer} | {result.level} | {result.guarded_ms:.2f} | {result.unguarded_ms:.2f} | {result.ratio:.2f} |"
        for result in results
    ]
    return "\n".join(lines)


async def _measure(postgres: Embedded, rows: int, rounds: int) -> list[Result]:
    typer.echo("preparing the large sample market", err=True)
    url = await prepare(postgres, "large", VIEWERS, rows)
    return await measure(url, DIRECTORY.parent, rows=rows, rounds=rounds, progress=lambda what: typer.echo(what, err=True))


if __name__ == "__main__":
    typer.run(main)
