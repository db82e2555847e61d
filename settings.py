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
from plain_words import plain

PREFIX = "CROSSGATE_"
SMTP_SCHEMES = ("smtp", "smtps")
SHOWN = "shown_default"  # in place of a default that depends on other settings
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
        description="PostgreSQL 15 or later, as `postgresql://user:password@host/name?parameter=value`, with libpq's parameters.",
        json_schema_extra={SHOWN: "an embedded PostgreSQL"},
    )
    listen_url: str | None = Field(
        default=None,
        repr=False,
        description="The same database without a pooler in transaction mode, such as PgBouncer, in between: change events and "
        "the worker's queue are listened for on connections of their own.",
        json_schema_extra={SHOWN: "`DATABASE_URL`"},
    )
    replica_urls: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        repr=False,
        description="Read replicas of the database, separated by spaces, each as a URL of one server. Queries go to them.",
    )
    max_replica_lag: int = Field(
        default=5, ge=1, le=300, description="Seconds that a replica can be behind before the primary answers in its place."
    )
    pool_size: int = Field(
        default=10,
        ge=1,
        le=1000,
        description="Database connections per gateway process for reading, and as many again at most for writing.",
    )
    processes: int = Field(
        default=1,
        ge=1,
        le=64,
        description="Gateway processes of `crossgate serve`, which share one port and all limits.",
    )
    data_dir: Path = Field(default=Path(".data"), description="Where the embedded PostgreSQL and the signing key are stored.")
    host: str = Field(default="127.0.0.1", min_length=1, description="Address to listen on.")
    port: int = Field(default=8000, ge=0, le=65535, description="Port to listen on; 0 takes any free port.")
    metrics_host: str = Field(
        default="127.0.0.1",
        min_length=1,
        description="Address to serve metrics on. They need no token, so only your monitoring should reach it.",
    )
    metrics_port: int | None = Field(
        default=None,
        ge=0,
        le=65535,
        description="Port to serve `/metrics` on, for Prometheus; without it, metrics aren't served. The gateway and each worker on "
        "a machine need their own.",
    )
    public_url: str = Field(
        default_factory=lambda data: f"http://localhost:{data['port']}",
        description="The gateway's public URL, for links to files.",
        json_schema_extra={SHOWN: "`http://localhost:PORT`"},
    )
    site_url: str = Field(
        default_factory=lambda data: data["public_url"],
        description="The site that emails and `url` fields link to. By default, the gateway serves plain pages for profiles, "
        "products and offers. Another site has to serve them itself.",
        json_schema_extra={SHOWN: "the public URL"},
    )
    account_url: str = Field(
        default_factory=lambda data: f"{data['public_url']}/account",
        description="Where the links in emails lead to: the pages for signing up, signing in and resetting a password.",
        json_schema_extra={SHOWN: "`/account` below the public URL"},
    )
    partner_docs_url: str | None = Field(
        default=None, description="Where partners find their programme's documentation; only partners see it."
    )
    development: bool = Field(
        default=False, description="Turn on sample data, ready-made tokens and the sign-in menu, for this machine only."
    )
    development_trusts_the_network: bool = Field(
        default=False,
        description="**Dangerous**: in development mode, let everyone who can reach the gateway sign in as any user and read "
        "all mail.",
    )
    signing_key_file: Path = Field(
        default_factory=lambda data: data["data_dir"] / "signing-key.pem",
        description="Ed25519 private keys (PEM) that sign tokens and cursors; shared by all processes, readable only by their "
        "owner, and created on first start.",
        json_schema_extra={SHOWN: "`signing-key.pem` in the data directory"},
    )
    token_lifetime: int = Field(default=12 * 60 * 60, ge=1, description="How long a token is valid, in seconds.")
    allowed_origins: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("*",),
        description="Web origins whose pages can call the gateway, in addition to companies' verified portal origins, separated by "
        "commas; `*` allows any, which is safe because access tokens travel in a header, and other origins' pages can't send the "
        "refresh cookie. An embed session works from a verified portal origin, or from one that is listed here by its name.",
    )
    trusted_documents_file: Path | None = Field(
        default=None,
        description="A manifest of GraphQL documents that clients can send by ID, as Apollo, Relay or GraphQL Code Generator "
        "write it. They are parsed, validated and planned at start.",
    )
    trusted_documents: Literal["prefer", "only"] = Field(
        default="prefer",
        description="Whether clients can send other documents than those of the manifest: `prefer` allows it, `only` refuses it.",
    )
    max_body_bytes: int = Field(
        default=1024 * 1024, ge=1024, description="Largest request body or WebSocket message, in bytes."
    )
    max_document_tokens: int = Field(default=5000, ge=100, description="Maximum number of tokens in a GraphQL document.")
    max_document_characters: int = Field(
        default=100_000, ge=1000, description="Maximum number of characters in a GraphQL document."
    )
    max_variable_values: int = Field(
        default=10_000,
        ge=100,
        description="Maximum number of values in the variables of a GraphQL operation: each list item and each object entry.",
    )
    max_operation_depth: int = Field(
        default=25, ge=1, le=50, description="Maximum number of levels of nested fields in a GraphQL document."
    )
    max_operation_fields: int = Field(
        default=1000,
        ge=1,
        description="Maximum number of fields in a GraphQL operation; a fragment's fields count at each use.",
    )
    max_root_fields: int = Field(
        default=100,
        ge=1,
        description="Maximum number of root fields in a GraphQL operation; a fragment's fields count at each use.",
    )
    max_operation_cost: int = Field(
        default=500_000,
        ge=1,
        description="Maximum number of objects that a GraphQL operation can return, by its pages and lists.",
    )
    max_operation_values: int = Field(
        default=150_000,
        ge=1,
        description="Maximum number of values that the response to a GraphQL operation can have: each field of each object.",
    )
    max_unplanned_values: int = Field(
        default=10_000,
        ge=1,
        description="Maximum number of values that run without a plan: mutations, subscriptions and failed root fields; no "
        "limit on queries if plans are off.",
    )
    max_introspection_values: int = Field(
        default=75_000,
        ge=1,
        description="Maximum number of values of the schema that a GraphQL operation can read; reading the whole schema takes "
        "about 25,400.",
    )
    max_socket_operations: int = Field(
        default=100, ge=1, description="Maximum number of concurrent operations over one WebSocket, including subscriptions."
    )
    max_connections: int = Field(default=5000, ge=1, description="Maximum number of connections of the gateway.")
    max_connections_per_peer: int = Field(
        default=1000,
        ge=1,
        description="Maximum number of connections of one network address (for IPv6, a /64); trusted proxies have no such limit.",
    )
    max_sockets: int = Field(default=4000, ge=1, description="Maximum number of WebSockets and event streams of the gateway.")
    max_sockets_per_peer: int = Field(
        default=500, ge=1, description="Maximum number of WebSockets and event streams of one network address."
    )
    max_sockets_per_viewer: int = Field(
        default=100, ge=1, description="Maximum number of WebSockets and event streams of one user."
    )
    max_subscriptions: int = Field(default=10_000, ge=1, description="Maximum number of subscriptions of the gateway.")
    max_subscriptions_per_peer: int = Field(
        default=2000, ge=1, description="Maximum number of subscriptions of one network address."
    )
    max_subscriptions_per_viewer: int = Field(default=200, ge=1, description="Maximum number of subscriptions of one user.")
    cost_per_viewer: int = Field(default=3_000_000, ge=1, description="Cost that one user can spend per minute.")
    cost_per_peer: int = Field(
        default=6_000_000,
        ge=1,
        description="Cost that the visitors of one network address can spend per minute.",
    )
    trusted_proxies: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="Addresses and networks of the proxies in front of the gateway, such as `10.0.0.0/8,192.0.2.7`; the "
        "gateway believes their `X-Forwarded-For`. Without it, a proxy counts as one network address.",
    )
    planner: bool = Field(default=True, description="Run queries by compiled plans; `false` runs everything on graphql-core.")
    shaped_schema: Literal["introspection", "strict", "off"] = Field(
        default="introspection",
        description="Hide what the viewer can never use: `introspection` hides it there; `strict` also rejects documents that "
        "name it; `off` hides nothing.",
    )
    record_operations: Path | None = Field(
        default=None, description="File to append executed queries to, with their variables, for `crossgate policy replay`."
    )
    default_page_size: int = Field(default=50, ge=1, description="Items on a page if the client doesn't say.")
    max_page_size: int = Field(default=1000, ge=1, description="Maximum number of items on a page.")
    max_exports_per_viewer: int = Field(
        default=2, ge=1, description="Maximum number of unfinished exports of one user or API key."
    )
    max_exports_per_company: int = Field(
        default=10, ge=1, description="Maximum number of unfinished exports of one company's users and API keys."
    )
    max_export_bytes: int = Field(
        default=256 * 1024 * 1024, ge=1024, le=2**31 - 1, description="Largest file of an export, compressed, in bytes."
    )
    order_approval_days: int = Field(
        default=14, ge=1, le=365, description="Days until an order that waits for its partner's approval expires."
    )
    refused_bank_countries: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("GB",),
        description="Countries whose bank accounts sellers can't be paid to, as ISO 3166-1 alpha-2 codes separated by commas.",
    )
    audited_fields: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Fields whose readers the audit log counts, such as `Invoice.total,Port.monthlyRate`."
    )
    max_batch_operations: int = Field(
        default=10, ge=1, le=100, description="Maximum number of operations in one batched request."
    )
    max_mutation_repeats: int = Field(
        default=10, ge=1, description="Maximum number of times that one operation can run the same mutation."
    )
    request_timeout: float = Field(default=30, gt=0, description="Seconds for a request to arrive, and again to be answered.")
    header_timeout: float = Field(default=20, gt=0, description="Seconds for a request's headers to arrive.")
    shutdown_timeout: int = Field(default=30, ge=0, description="Seconds that running requests get at shutdown.")
    smtp_url: str | None = Field(
        default=None,
        repr=False,
        description="The mail server, as `smtp://user:password@host:587` (with STARTTLS) or `smtps://`; the worker needs it, "
        "except in development.",
    )
    mail_from: str = Field(
        default_factory=lambda data: f"no-reply@{urlsplit(data['public_url']).hostname}",
        description="Sender of mail.",
        json_schema_extra={SHOWN: "`no-reply@` and the host of the public URL"},
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        default="INFO", description="Lowest level to log: `DEBUG`, `INFO`, `WARNING` or `ERROR`."
    )
    log_format: Literal["json", "console"] = Field(default="json", description="`json` lines, or `console` for people.")

    @classmethod
    def load(cls, **values: Any) -> Self:
        """Read the settings from the environment. `values` override it. Raises InvalidSettings."""
        try:
            return cls(**values)
        except ValidationError as error:
            raise InvalidSettings(_problems(error)) from None

    @property
    def session_url(self) -> str:
        """The URL of the database for connections that keep their session, once it's known."""
        return str(self.listen_url or self.database_url)

    @field_validator("database_url", "listen_url")
    @classmethod
    def _is_postgresql(cls, value: str | None) -> str | None:
        if value is not None:
            DatabaseAddress.parse(value)
        return value

    @field_validator("replica_urls", mode="before")
    @classmethod
    def _are_postgresql(cls, value: Any) -> Any:
        urls = tuple(value.split()) if isinstance(value, str) else tuple(value)
        for url in urls:
            DatabaseAddress.parse(url)
        return urls

    @field_validator("trusted_documents")
    @classmethod
    def _has_a_manifest(cls, value: str, info: Any) -> str:
        if value == "only" and info.data.get("trusted_documents_file", value) is None:
            raise ValueError(f"only needs {variable('trusted_documents_file')}")
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

    @field_validator("public_url", "site_url", "account_url", "partner_docs_url")
    @classmethod
    def _is_web_address(cls, value: str | None) -> str | None:
        if value is None:
            return None
        if urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).netloc:
            raise ValueError("must be a web address such as https://gateway.example")
        return value.rstrip("/")

    @field_validator("allowed_origins", "audited_fields", "refused_bank_countries", "trusted_proxies", mode="before")
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
    return {_name(str(item["loc"][0])): plain(item["msg"]) for item in errors if item["type"] != DEPENDS_ON_INVALID}


def _name(location: str) -> str:
    return variable(location) if location in Settings.model_fields else location
