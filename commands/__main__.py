"""The `crossgate` command. A subcommand's module is imported only when it's called, so that every command starts fast."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Final

import typer
from typer.core import TyperCommand, TyperGroup

from commands.failure import explained
from plain_words import plain

MODULES: Final = {
    "serve": ("commands.serve", "Serve the gateway."),
    "worker": (
        "commands.worker",
        "Send emails and run scheduled jobs. You can run several workers. SIGTERM stops one after its current jobs.",
    ),
    "token": ("commands.token", "Print a bearer token for a user, in development mode."),
    "key": ("commands.key", "Rotate the key that signs tokens and cursors."),
    "demo": (
        "commands.demo.command",
        "Fill an empty database with a sample market. All names and prices are invented.",
    ),
    "database": ("commands.database", "Migrate the database or print its URL."),
    "company": ("commands.company", "Create companies."),
    "user": ("commands.user", "Add people to companies, and end their sessions."),
    "locations": ("commands.locations", "Import locations."),
    "prices": ("commands.prices", "Import the price list."),
    "invoices": ("commands.invoices", "Issue invoices for ports in service and payments of agreements."),
    "policy": ("commands.policy", "Check the policy and see what it allows."),
    "schema": ("commands.schema", "Print the schema, or check it against its snapshot."),
    "settings": ("commands.settings", "Print every setting with its default and meaning, as Markdown."),
    "lifecycles": (
        "commands.lifecycles",
        "Print every lifecycle as Markdown: a diagram, and its steps with who takes them.",
    ),
    "maintenance": ("commands.maintenance", "Announce maintenance to the companies that it affects."),
    "security": ("commands.security", "Notify the users affected by a security event."),
}


def load(name: str) -> Any:
    """Import and return a subcommand. Its module has a Typer app named `app`."""
    module, _ = MODULES[name]
    command = typer.main.get_command(import_module(module).app)
    command.name = name
    return command


class Subcommands(TyperGroup):
    """The subcommands by name and help. One is loaded when it's called."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        self.commands.update({name: TyperCommand(name, help=text) for name, (_, text) in MODULES.items()})

    def resolve_command(self, ctx: Any, args: list[str]) -> Any:
        """Return the name of the subcommand that the arguments call, the loaded subcommand, and its arguments."""
        name, command, rest = super().resolve_command(ctx, args)
        return name, command and load(str(name)), rest

    def invoke(self, ctx: Any) -> Any:
        """Run the subcommand. Typer reports an option's invalid value with pydantic's message, so that is put in plain words."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as invalid:
            invalid.message = plain(invalid.message)
            raise


app = typer.Typer(cls=Subcommands, no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def crossgate() -> None:
    """A GraphQL gateway with fine-grained authorization for the network connectivity market."""


if __name__ == "__main__":
    with explained():
        app(prog_name="crossgate")
