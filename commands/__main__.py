"""The `crossgate` command. A subcommand's module is imported only when it's called, so that every command starts fast."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperGroup

from commands.failure import explained

MODULES: Final = {
    "serve": "commands.serve",
    "worker": "commands.worker",
    "token": "commands.token",
    "key": "commands.key",
    "demo": "commands.demo.command",
    "database": "commands.database",
    "company": "commands.company",
    "user": "commands.user",
    "locations": "commands.locations",
    "prices": "commands.prices",
    "invoices": "commands.invoices",
    "policy": "commands.policy",
    "schema": "commands.schema",
    "settings": "commands.settings",
    "maintenance": "commands.maintenance",
    "security": "commands.security",
}


class Subcommands(TyperGroup):
    """The subcommands by name. Each module has a Typer app named `app`."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands.update(dict.fromkeys(MODULES, self))  # only the names are needed until a subcommand is called

    def get_command(self, _ctx: Any, cmd_name: str) -> Any:
        """Import and return the subcommand, or None if it doesn't exist."""
        if cmd_name not in MODULES:
            return None
        command = typer.main.get_command(import_module(MODULES[cmd_name]).app)
        command.name = cmd_name
        return command


app = typer.Typer(cls=Subcommands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def crossgate() -> None:
    """A GraphQL gateway with fine-grained authorization for the network connectivity market."""


if __name__ == "__main__":
    with explained():
        app(prog_name="crossgate")
