"""`crossgate serve`: prepare the database, print the gateway's URL and its sample users, and serve until stopped."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from commands.demo.scales import SampleMarket

app = typer.Typer(add_completion=False)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on. 0 picks a free one.")] = None,
    processes: Annotated[int | None, typer.Option(min=1, max=64, help="Processes that share the port.")] = None,
    development: Annotated[
        bool, typer.Option("--development", help="Load sample data, print tokens and show a sign-in menu.")
    ] = False,
    demo: Annotated[SampleMarket | None, typer.Option(help="Sample data for an empty database; small by default.")] = None,
) -> None:
    """Serve the gateway."""
    from commands.work.serve import serve as serve_gateway

    options: dict[str, Any] = {"host": host, "port": port, "processes": processes, "development": development or None}
    serve_gateway({name: value for name, value in options.items() if value is not None}, demo)
