"""Where the database is: a URL as PostgreSQL's own tools take it, with one meaning for every connection.

asyncpg reads, writes (below SQLAlchemy) and listens; psycopg, which stands on libpq, runs the queue. libpq itself reads the URL. What
asyncpg cannot do is refused by name, and never ignored: a connection must not be less safe than its URL says.
"""

from __future__ import annotations

import configparser
import os
import re
import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self
from urllib.parse import quote, urlencode

import asyncpg
import psycopg
import sqlalchemy as sa
from psycopg.conninfo import make_conninfo
from psycopg.pq import Conninfo

SCHEMES: Final = ("postgresql", "postgres", "postgresql+asyncpg")
DRIVER: Final = "postgresql+asyncpg"
PORT: Final = 5432
SYSTEM: Final = "system"  # libpq's word for the root certificates of the machine
SOCKETS: Final = ("/var/run/postgresql", "/run/postgresql", "/tmp")  # noqa: S108 (where servers have their socket by default)
SYSTEM_ROOTS: Final = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
SOCKET_OPTIONS: Final = {  # not every system has each
    "keepalives_idle": "TCP_KEEPIDLE",
    "keepalives_interval": "TCP_KEEPINTVL",
    "keepalives_count": "TCP_KEEPCNT",
    "tcp_user_timeout": "TCP_USER_TIMEOUT",
}
APPLICATION: Final = "crossgate"
FILES: Final = ("sslrootcert", "sslcert", "sslkey", "sslcrl")
BY_DSN: Final = ("sslmode", *FILES, "sslpassword", "sslnegotiation", "ssl_min_protocol_version", "ssl_max_protocol_version")
BY_NAME: Final = ("user", "password", "passfile", "target_session_attrs", "krbsrvname", "gsslib")
KEEPALIVES: Final = ("keepalives", "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout")
NUMBERS: Final = (*KEEPALIVES, "connect_timeout")
ALLOWED_VALUES: Final[Mapping[str, tuple[str, ...]]] = {
    "sslmode": ("disable", "allow", "prefer", "require", "verify-ca", "verify-full"),
    "sslnegotiation": ("postgres", "direct"),
    "ssl_min_protocol_version": ("TLSv1.2", "TLSv1.3"),
    "ssl_max_protocol_version": ("TLSv1.2", "TLSv1.3"),
    "channel_binding": ("disable", "prefer", "require"),
    "target_session_attrs": ("any", "primary", "standby", "prefer-standby", "read-write", "read-only"),
    "gsslib": ("gssapi", "sspi"),
    # Of these only what both drivers do anyway is taken.
    "client_encoding": ("UTF8", "UTF-8", "utf8", "utf-8", "unicode", "auto"),
    "gssencmode": ("disable", "prefer"),
    "gssdelegation": ("0",),
    "load_balance_hosts": ("disable",),
    "max_protocol_version": ("3.0", "latest"),
    "min_protocol_version": ("3.0",),
    "sslcertmode": ("allow",),
    "sslcompression": ("0",),
    "sslsni": ("1",),
}
OTHER_PARAMETERS: Final = ("service", "dbname", "host", "hostaddr", "port", "options", "application_name", "fallback_application_name")
SUPPORTED_PARAMETERS: Final = frozenset((*OTHER_PARAMETERS, *BY_DSN, *BY_NAME, *NUMBERS, *ALLOWED_VALUES))


class InvalidAddress(ValueError):
    """A URL of a database that cannot be used. Says what is wrong with it, and never repeats a password."""


@dataclass(frozen=True, slots=True)
class Address:
    """A database: its hosts (or directories of sockets) with their ports, and the parameters of libpq that are set."""

    hosts: tuple[str, ...]
    ports: tuple[int, ...]
    parameters: Mapping[str, str]

    @classmethod
    def parse(cls, url: str, environment: Mapping[str, str] = os.environ) -> Self:
        """Read a URL. What it leaves out is taken from its service, then from libpq's variables. Raises InvalidAddress."""
        given = _read(url)
        known = {**_from_environment(environment), **_from_service(given, environment), **given}
        known.pop("service", None)
        _check(known)
        hosts = _hosts(known.pop("host", ""), known.pop("hostaddr", ""), known.get("port", ""))
        ports = _ports(known.pop("port", ""), len(hosts))
        parameters = _secured(known, hosts)
        return cls(hosts, ports, parameters)

    @property
    def shown(self) -> str:
        """The address for people, without the password."""
        return self._uri({"user": self.parameters.get("user", ""), "dbname": self.parameters.get("dbname", "")})

    @property
    def uri(self) -> str:
        """The address as `psql` takes it, the password too."""
        return self._uri(self._for_libpq())

    def _uri(self, parameters: Mapping[str, str]) -> str:
        where = ",".join(_authority(host, port) for host, port in zip(self.hosts, self.ports, strict=True))
        user, password, name = (quote(parameters.get(each, ""), safe="") for each in ("user", "password", "dbname"))
        who = f"{user}:{password}@" if password else f"{user}@" if user else ""
        stated = ("user", "password", "dbname", "host", "port")
        more = urlencode({key: value for key, value in parameters.items() if key not in stated}, quote_via=quote)
        return f"postgresql://{who}{where}/{name}" + (f"?{more}" if more else "")

    @property
    def sqlalchemy(self) -> sa.URL:
        """The address by which an engine is known; its connections are made of `asyncpg`."""
        query = {"host": self.hosts[0], "port": str(self.ports[0])}
        named = {"username": self.parameters.get("user"), "database": self.parameters.get("dbname")}
        return sa.URL.create(DRIVER, **named, query=query)  # type: ignore[arg-type]  # names of texts

    def asyncpg(self, settings: Mapping[str, str]) -> dict[str, Any]:
        """The arguments of `asyncpg.connect`; `settings` are what each connection sets, and win over the URL's options."""
        named = {name: self.parameters[name] for name in BY_NAME if self.parameters.get(name)}
        secured = {name: value for name in BY_DSN if (value := self._verified().get(name))}
        numbers = self._numbers()
        return {
            **({"dsn": "postgresql://?" + urlencode(secured, quote_via=quote)} if secured else {}),
            "host": list(self.hosts),
            "port": list(self.ports),
            **({"database": self.parameters["dbname"]} if self.parameters.get("dbname") else {}),
            **named,
            **({"timeout": numbers["connect_timeout"] or None} if "connect_timeout" in numbers else {}),
            "server_settings": {**self._startup(), **settings, "application_name": self._application},
            "connection_class": _kept_alive(numbers),
        }

    def libpq(self, options: str = "") -> str:
        """The address as psycopg takes it, with further options of the server."""
        joined = " ".join(filter(None, (self.parameters.get("options"), options)))
        more = {"options": joined} if joined else {}
        return make_conninfo(**{**self._for_libpq(), "application_name": self._application, **more})

    @property
    def _application(self) -> str:
        own, fallback = (self.parameters.get(name) for name in ("application_name", "fallback_application_name"))
        return own or fallback or APPLICATION

    def _startup(self) -> dict[str, str]:
        return {"options": self.parameters["options"]} if self.parameters.get("options") else {}

    def _numbers(self) -> dict[str, int]:
        return {name: int(self.parameters[name]) for name in NUMBERS if self.parameters.get(name)}

    def _for_libpq(self) -> dict[str, str]:
        where = {"host": ",".join(self.hosts), "port": ",".join(map(str, self.ports))}
        found = {name: value for name, value in self.parameters.items() if value}
        if found.get("sslrootcert") == SYSTEM:
            found["sslrootcert"] = _system_roots()
        return {**found, **where}

    def _verified(self) -> Mapping[str, str]:
        """How asyncpg secures a connection. It binds no channels: where that is required, it checks the certificate instead."""
        found = dict(self.parameters)
        if found.get("channel_binding") == "require":
            found["sslmode"] = "verify-full"
            if not found.get("sslrootcert") and not (Path.home() / ".postgresql" / "root.crt").exists():
                found["sslrootcert"] = SYSTEM
        if found.get("sslrootcert") == SYSTEM:
            found["sslrootcert"] = _system_roots()
        return found


def _read(url: str) -> dict[str, str]:
    """The parameters that a URL states, as libpq reads them."""
    scheme, _, rest = url.partition("://")
    if scheme not in SCHEMES or not _:
        raise InvalidAddress(f"must begin with postgresql://, not {scheme if _ else 'nothing'}://")
    alias = re.sub(r"([?&])ssl=(?!true(?:&|$))", r"\1sslmode=", rest)  # SQLAlchemy's word
    alias = re.sub(r"([?&])database=", r"\1dbname=", alias)
    try:
        options = Conninfo.parse(f"postgresql://{alias}".encode())
    except (psycopg.Error, UnicodeEncodeError) as error:
        raise InvalidAddress(_said(str(error))) from None
    return {option.keyword.decode(): option.val.decode() for option in options if option.val is not None}


def _said(error: str) -> str:
    """What libpq refuses, without the part of the URL that it quotes, which may be a password."""
    if found := re.search(r'URI query parameter: "([a-z_]{1,40})"', error):
        if error.startswith("missing"):
            return f"the parameter {found[1]} has no value: write {found[1]}=VALUE"
        return f"the parameter {found[1]} is not supported: PostgreSQL has no parameter of this name"
    if "percent-encoded" in error:
        return "has a % that begins no percent-encoding, or %00: write a % of the password as %25"
    if "IPv6" in error:
        return "has an IPv6 address that is not closed: write it as [::1]"
    return "is no URL of PostgreSQL: write postgresql://user:password@host:port/database?parameter=value"


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    named = {option.keyword.decode(): option.envvar.decode() for option in Conninfo.get_defaults() if option.envvar}
    return {name: environment[variable] for name, variable in named.items() if environment.get(variable) and name != "service"}


def _from_service(given: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """The parameters of a service, from the file of services."""
    service = given.get("service") or environment.get("PGSERVICE")
    if not service:
        return {}
    file = Path(environment.get("PGSERVICEFILE") or Path.home() / ".pg_service.conf")
    found = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        found.read_string(file.read_text("utf-8"))
    except (OSError, ValueError, configparser.Error):
        raise InvalidAddress(f"names the service {service}, but {file} cannot be read as a file of services") from None
    if service not in found.sections():
        raise InvalidAddress(f"names the service {service}, which {file} does not have")
    return {name: value.strip() for name, value in found[service].items()}


def _check(known: Mapping[str, str]) -> None:
    for name, value in known.items():
        if name not in SUPPORTED_PARAMETERS:
            raise InvalidAddress(f"the parameter {name} is not supported: leave it out of the URL")
        if name in ALLOWED_VALUES and value and value not in ALLOWED_VALUES[name]:
            taken = " or ".join(ALLOWED_VALUES[name])
            raise InvalidAddress(f"the parameter {name} is not supported with this value: it may be {taken}")
        if name in NUMBERS and value and not re.fullmatch(r"\d{1,9}", value):
            raise InvalidAddress(f"the parameter {name} has to be a number, 0 or greater")
        if name in FILES and value and not (name == "sslrootcert" and value == SYSTEM) and not Path(value).is_file():
            raise InvalidAddress(f"the parameter {name} names {value}, which is no file that can be read")


def _hosts(host: str, address: str, port: str) -> tuple[str, ...]:
    """The hosts. asyncpg cannot connect to one address and check the certificate of another name."""
    if host and address:
        raise InvalidAddress("the parameter hostaddr is not supported beside a host: leave one of them out")
    hosts = (host or address or _usual_host(port)).split(",")
    if any("@" in each for each in hosts):
        raise InvalidAddress("has more than one @: write an @ of the user or password as %40")
    if not all(hosts):
        raise InvalidAddress("has an empty host among several: name each of them")
    return tuple(hosts)


def _authority(host: str, port: int) -> str:
    """A host and its port as a URL has them; a socket's directory is encoded."""
    named = f"[{host}]" if ":" in host else quote(host, safe="")
    return named if port == PORT else f"{named}:{port}"


def _usual_host(port: str) -> str:
    """Where the server of this machine is: behind its socket, if there is one."""
    found = (place for place in SOCKETS if (Path(place) / f".s.PGSQL.{port or PORT}").exists())
    return next(found, "localhost")


def _ports(text: str, hosts: int) -> tuple[int, ...]:
    ports = [port or str(PORT) for port in text.split(",")]
    if any(not re.fullmatch(r"\d{1,5}", port) or not 0 < int(port) < 2**16 for port in ports):
        raise InvalidAddress(
            "has a port that is no number from 1 to 65535: write : / ? # of the user or password as %3A %2F %3F %23"
        )
    if len(ports) not in (1, hosts):
        raise InvalidAddress(f"has {len(ports)} ports for {hosts} hosts: state one port, or one for each host")
    return tuple(int(port) for port in (ports * hosts if len(ports) == 1 else ports))


def _secured(known: Mapping[str, str], hosts: tuple[str, ...]) -> dict[str, str]:
    """The parameters, once it is sure that they ask for no protection that a connection would not have."""
    found = dict(known)
    if found.get("sslrootcert") == SYSTEM and found.setdefault("sslmode", "verify-full") != "verify-full":
        raise InvalidAddress("the parameter sslrootcert=system needs sslmode=verify-full")
    if found.get("sslrootcert") == SYSTEM:
        _system_roots()
    mode = found.get("sslmode") or "prefer"
    if found.get("sslnegotiation") == "direct" and mode not in ("require", "verify-ca", "verify-full"):
        raise InvalidAddress("the parameter sslnegotiation=direct needs sslmode=require, verify-ca or verify-full")
    if found.get("channel_binding") == "require":
        if mode == "disable" or any(host.startswith("/") for host in hosts):
            raise InvalidAddress("the parameter channel_binding=require needs TLS: connect to a host, without sslmode=disable")
        if not found.get("sslrootcert"):
            _system_roots()
    return found


def _system_roots() -> str:
    """The file of the machine's root certificates."""
    paths = ssl.get_default_verify_paths()
    found = next((path for path in (paths.cafile, *SYSTEM_ROOTS) if path and Path(path).is_file()), None)
    if found is None:
        raise InvalidAddress("needs the root certificates of this machine, which has none: name a file by sslrootcert")
    return found


def _kept_alive(numbers: Mapping[str, int]) -> type[asyncpg.Connection]:
    """A kind of connection whose socket finds out that its server has gone, as libpq's do."""
    options = {
        (socket.IPPROTO_TCP, getattr(socket, option)): numbers[name]
        for name, option in SOCKET_OPTIONS.items()
        if hasattr(socket, option) and numbers.get(name) and (name == "tcp_user_timeout" or numbers.get("keepalives", 1))
    }
    options[socket.SOL_SOCKET, socket.SO_KEEPALIVE] = min(numbers.get("keepalives", 1), 1)

    class Kept(asyncpg.Connection):  # type: ignore[misc]  # asyncpg has no types
        __slots__ = ()

        def __init__(self, protocol: Any, transport: Any, *arguments: Any, **named: Any) -> None:
            super().__init__(protocol, transport, *arguments, **named)
            opened = transport.get_extra_info("socket")
            if opened is not None and opened.family in (socket.AF_INET, socket.AF_INET6):
                for (level, option), value in options.items():
                    opened.setsockopt(level, option, value)

    return Kept
