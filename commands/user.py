"""`crossgate user`: add a person to a company, as a member with roles, and end the sessions of a user."""

from __future__ import annotations

from typing import Annotated

import typer

from choices import MemberRole

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Add people to companies, and end their sessions.")


@app.callback()
def user() -> None:
    """Add people to companies, and end their sessions."""


@app.command()
def create(
    email: Annotated[str, typer.Option(help="The email address.")],
    name: Annotated[str, typer.Option(help="The full name.")],
    company: Annotated[str, typer.Option(metavar="ID_OR_NAME", help="The company.")],
    role: Annotated[
        list[MemberRole],
        typer.Option(help="A role. Can be repeated. REVIEWER and SUPPORT are for the operator's staff."),
    ],
    job_title: Annotated[str | None, typer.Option(help="The job title.")] = None,
) -> None:
    """Add a person to a company, and print the IDs of the user and of the membership.

    If a user has the email address already, the command adds that user to the company.
    """
    from commands.work.user import create as create_user

    values = {"email": email, "name": name, "job_title": job_title, "company": company}
    typer.echo(create_user(values, list(dict.fromkeys(role))))


@app.command("sign-out")
def sign_out(email: Annotated[str, typer.Argument(metavar="EMAIL", help="The user's email address.")]) -> None:
    """End all sessions of a user, and print how many there were.

    Their tokens are refused with the next request. The user can sign in again.
    """
    from commands.work.user import sign_out as end_sessions

    typer.echo(f"Sessions ended: {end_sessions(email)}.")
