"""All settings of the gateway, with their defaults and descriptions.

An invalid value prevents startup with `InvalidSettings`, which names the variable and the problem.
Secrets are never shown, neither in that message nor in `repr(settings)`.
"""

from __future__ import annotations

from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from address import Address as DatabaseAddress
from email_address import is_address

PREFIX = "CROSSGATE_"
SMTP_SCHEMES = ("smtp", "smtps")
DEPENDS_ON_INVALID = "default_factory_not_called"  # pydantic's error type if another invalid value caused this one


class InvalidSettings(Exception):
    """Some settings are invalid. `problems` maps each variable to its problem."""

    def __init__(self, problems: dict[str, str]) -> None:
        super().__init__("\n".join(f"{name}: {problem}" for name, problem in problems.items()))
        self.problems = problems


class Settings(BaseSettings):
    """The settings, read from `CROSSGATE_<NAME>` and, for the database, from `DATABASE_URL`."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, populate_by_name=True, extra="forbid")

    database_url: str | None = Field(
        default=None,
        validation_alias="DATABASE_URL",
        repr=False,
        description="PostgreSQL 15 or later, as postgresql://user:password@host/name?parameter=value, with the parameters of libpq; "
        "without it an embedded PostgreSQL runs in the data directory.",
    )
    pool_size: int = Field(
        default=10,
        ge=1,
        le=1000,
        description="Database connections that each gateway process reads by; as many more at most are for writing.",
    )
    data_dir: Path = Field(default=Path(".data"), description="Where the embedded PostgreSQL and the signing key are kept.")
    host: str = Field(default="127.0.0.1", min_length=1, description="Address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on; 0 takes any that is free.")
    public_url: str = Field(
        default_factory=lambda data: f"http://localhost:{data['port']}",
        description="How the gateway is reached from outside, for links to files and profiles; "
        "http://localhost:PORT by default.",
    )
    partner_docs_url: str | None = Field(
        default=None, description="Where partners find the documentation of their programme, shown to them alone."
    )
    development: bool = Field(
        default=False, description="Development mode: demo tokens and the sign-in menu, for this machine only."
    )
    development_trusts_the_network: bool = Field(
        default=False,
        description="DANGEROUS: in development mode, let everybody who can reach the gateway sign in as any user and read all mails.",
    )
    signing_key_file: Path = Field(
        default_factory=lambda data: data["data_dir"] / "signing-key.pem",
        description="Ed25519 private key (PEM) that signs tokens and cursors, shared by all gateway processes; made on "
        "first start, in the data directory by default.",
    )
    token_lifetime: int = Field(default=12 * 60 * 60, ge=1, description="Seconds for which a token is good.")
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("*",),
        description="Web origins whose pages may call the gateway, separated by commas; * is any. Tokens travel in a "
        "header that pages set themselves, never in cookies, so an origin gains nothing by being allowed.",
    )
    max_body_bytes: int = Field(
        default=1024 * 1024, ge=1024, description="Largest body of a request or message of a WebSocket, in bytes."
    )
    max_document_tokens: int = Field(default=10_000, ge=100, description="Most tokens in a GraphQL document.")
    max_operation_depth: int = Field(
        default=25, ge=1, le=50, description="Most fields one inside another in a GraphQL document."
    )
    max_operation_fields: int = Field(
        default=1000,
        ge=1,
        description="Most fields of a GraphQL operation, those of a fragment counted wherever it is spread.",
    )
    max_operation_cost: int = Field(
        default=500_000, ge=1, description="Most objects that a GraphQL operation may ask for, by its pages and lists."
    )
    max_operation_values: int = Field(
        default=250_000,
        ge=1,
        description="Most values that the answer to a GraphQL operation may have, counted like its cost: each field of each object.",
    )
    max_unplanned_values: int = Field(
        default=10_000,
        ge=1,
        description="Most values of an answer, or of the part of it, that no plan can give: of mutations, of subscriptions, and of "
        "root fields of a query that fail. Not of queries where plans are turned off.",
    )
    max_introspection_values: int = Field(
        default=30_000,
        ge=1,
        description="Most values that a GraphQL operation may read of the schema; a tool that reads all of it needs about 15,000.",
    )
    max_socket_operations: int = Field(
        default=100, ge=1, description="Most operations, subscriptions among them, that run at once over one WebSocket."
    )
    max_connections: int = Field(default=5000, ge=1, description="Most connections of a gateway process.")
    max_connections_per_peer: int = Field(
        default=1000, ge=1, description="Most connections of one network address; trusted proxies have no such bound."
    )
    max_sockets: int = Field(default=4000, ge=1, description="Most WebSockets and event streams of a gateway process.")
    max_sockets_per_peer: int = Field(
        default=500, ge=1, description="Most WebSockets and event streams of one network address."
    )
    max_sockets_per_viewer: int = Field(default=100, ge=1, description="Most WebSockets and event streams of one user.")
    max_subscriptions: int = Field(default=10_000, ge=1, description="Most subscriptions of a gateway process.")
    max_subscriptions_per_peer: int = Field(default=2000, ge=1, description="Most subscriptions of one network address.")
    max_subscriptions_per_viewer: int = Field(default=200, ge=1, description="Most subscriptions of one user.")
    cost_per_viewer: int = Field(
        default=3_000_000, ge=1, description="Cost of all that one user may ask of a gateway process in a minute."
    )
    cost_per_peer: int = Field(
        default=6_000_000,
        ge=1,
        description="Cost of all that visitors of one network address may ask of a gateway process in a minute.",
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Addresses and networks (10.0.0.0/8) of the proxies before the gateway, separated by commas: what they say in "
        "X-Forwarded-For is believed. Without it a proxy counts as one network address.",
    )
    planner: bool = Field(
        default=True,
        description="Whether queries run breadth-first by compiled plans; without it graphql-core runs everything.",
    )
    shaped_schema: Literal["introspection", "strict", "off"] = Field(
        default="introspection",
        description="Whether introspection leaves out what the viewer can never use: introspection; strict, where documents that "
        "name such things are refused too; off.",
    )
    record_operations: Path | None = Field(
        default=None,
        description="File that executed queries are appended to, with their variables, for `crossgate policy replay`; "
        "nothing is recorded by default.",
    )
    default_page_size: int = Field(default=50, ge=1, description="Items on a page when none are asked for.")
    max_page_size: int = Field(default=1000, ge=1, description="Most items on a page.")
    order_approval_days: int = Field(
        default=14, ge=1, le=365, description="Days after which an order that waits for its partner's approval expires."
    )
    audited_fields: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Fields of which the audit log counts who reads them, such as Invoice.total, separated by commas.",
    )
    max_mutation_repeats: int = Field(default=10, ge=1, description="Most times that one operation runs the same mutation.")
    request_timeout: float = Field(default=30, gt=0, description="Seconds for a request to arrive, and again to be answered.")
    header_timeout: float = Field(default=20, gt=0, description="Seconds for the headers of a request to arrive.")
    shutdown_timeout: int = Field(default=30, ge=0, description="Seconds that requests under way are given at shutdown.")
    smtp_url: str | None = Field(
        default=None,
        repr=False,
        description="The mail server, as smtp://user:password@host:587 (with STARTTLS) or smtps://; needed by the worker, "
        "but in development, where mails are kept without it.",
    )
    mail_from: str = Field(
        default_factory=lambda data: f"no-reply@{urlsplit(data['public_url']).hostname}",
        description="Whom mails are from; no-reply@ the host of the public URL by default.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(default="INFO", description="Least level to log.")
    log_format: Literal["json", "console"] = Field(default="json", description="Log as JSON lines, or for reading: console.")

    @classmethod
    def load(cls, **values: Any) -> Self:
        """Read the settings from the environment. `values` override it. Raises InvalidSettings."""
        try:
            return cls(**values)
        except ValidationError as error:
            raise InvalidSettings(_problems(error)) from None

    @field_validator("database_url")
    @classmethod
    def _is_postgresql(cls, value: str | None) -> str | None:
        if value is not None:
            DatabaseAddress.parse(value)
        return value

    @field_validator("smtp_url")
    @classmethod
    def _is_mail_server(cls, value: str | None) -> str | None:
        if value is not None and not _names_mail_server(value):
            raise ValueError("must be a mail server such as smtp://user:password@mail.example:587")
        return value

    @field_validator("mail_from")
    @classmethod
    def _is_address(cls, value: str) -> str:
        if not is_address(value):
            raise ValueError("must be an email address such as no-reply@gateway.example")
        return value

    @field_validator("public_url", "partner_docs_url")
    @classmethod
    def _is_web_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).netloc:
            raise ValueError("must be a web address such as https://gateway.example")
        return value.rstrip("/")

    @field_validator("allowed_origins", "audited_fields", "trusted_proxies", mode="before")
    @classmethod
    def _split(cls, value: Any) -> Any:
        return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            try:
                ip_network(network)
            except ValueError:
                raise ValueError(f"must be addresses or networks such as 10.0.0.0/8, but {network!r} is neither") from None
        return value

    @field_validator("log_level", mode="before")
    @classmethod
    def _upper(cls, value: Any) -> Any:
        return value.upper() if isinstance(value, str) else value

    @field_validator("max_page_size")
    @classmethod
    def _holds_the_default_page(cls, value: int, info: Any) -> int:
        if value < (default := info.data.get("default_page_size", value)):
            raise ValueError(f"must be at least {variable('default_page_size')}, which is {default}")
        return value


def variable(field: str) -> str:
    """Return the environment variable of a setting."""
    alias = Settings.model_fields[field].validation_alias
    return alias if isinstance(alias, str) else PREFIX + field.upper()


def _names_mail_server(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in SMTP_SCHEMES and bool(parts.hostname) and parts.port != 0
    except ValueError:  # the port isn't a number
        return False


def _problems(error: ValidationError) -> dict[str, str]:
    errors = error.errors(include_url=False, include_context=False)
    return {_name(str(item["loc"][0])): _problem(item["msg"]) for item in errors if item["type"] != DEPENDS_ON_INVALID}


def _name(location: str) -> str:
    return variable(location) if location in Settings.model_fields else location


def _problem(message: str) -> str:
    words = message.removeprefix("Value error, ").removeprefix("Input should ")
    return words if words.startswith("must") else f"must {words}" if words.startswith("be ") else words
