"""`crossgate company create`: create the operator's company, a partner or a direct company."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

import typer

from choices import CompanyType

app = typer.Typer(add_completion=False, no_args_is_help=True, help="Create companies.")


class CreatedKind(StrEnum):
    """The kinds of companies to create here. A managed company is created by its partner, with `createManagedAccount`."""

    OPERATOR = "OPERATOR"
    PARTNER = "PARTNER"
    DIRECT = "DIRECT"


@app.callback()
def company() -> None:
    """Create companies."""


@app.command()
def create(
    trading_name: Annotated[str, typer.Option(help="The name that others see.")],
    legal_name: Annotated[str, typer.Option(help="The name on the certificate of registration.")],
    country: Annotated[str, typer.Option(metavar="CODE", help="The ISO 3166-1 country code, such as DE.")],
    kind: Annotated[CreatedKind, typer.Option(help="The kind of account. There is one operator.")],
    company_type: Annotated[
        CompanyType,
        typer.Option(
            "--type",
            help="The line of business. All but ENTERPRISE and XAAS need a distribution agreement with the operator.",
        ),
    ] = CompanyType.ENTERPRISE,
    registration_number: Annotated[str | None, typer.Option(help="The number on the certificate of registration.")] = None,
    tax_number: Annotated[str | None, typer.Option(help="The tax number, for invoices.")] = None,
    verified: Annotated[
        bool, typer.Option("--verified", help="You have checked the certificate. Only verified companies can order.")
    ] = False,
) -> None:
    """Create a company, and print its ID and nothing else."""
    from commands.work.company import create as create_company

    values = {
        "trading_name": trading_name,
        "legal_name": legal_name,
        "country": country,
        "company_type": company_type,
        "registration_number": registration_number,
        "tax_number": tax_number,
    }
    typer.echo(create_company(kind, values, verified=verified))
