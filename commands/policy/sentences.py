"""`crossgate policy sentences`: who can see what, in the words of the schema's descriptions, as they are stored for introspection."""

from __future__ import annotations

from typing import Annotated

import typer

from commands.generated import print_or_check


def sentences(
    check: Annotated[
        bool, typer.Option("--check", help="Print nothing. Fail if schema/introspection/sentences.json is out of date.")
    ] = False,
) -> None:
    """Print the visibility sentences of the schema's descriptions as JSON. Introspection reads them from a file."""
    import server
    from schema.introspection.descriptions import STORED, as_json

    print_or_check(
        as_json(server.load_policy()), STORED, "crossgate policy sentences > schema/introspection/sentences.json", check=check
    )
