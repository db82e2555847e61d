"""The database address: a URL in the format of PostgreSQL's own tools, with the same meaning for every driver.

asyncpg reads, writes (under SQLAlchemy) and listens. psycopg, which uses libpq, runs the job queue. libpq parses the URL. Parameters
that asyncpg doesn't support are rejected by name and never ignored: a connection must not be less secure than its URL says.
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

import psycopg
import sqlalchemy as sa
from psycopg.conninfo import make_conninfo
from psycopg.pq import Conninfo

import builtin_types

SCHEMES: Final = ("postgresql", "postgres", "postgresql+asyncpg")
DRIVER: Final = "postgresql+asyncpg"
PORT: Final = 5432
SYSTEM: Final = "system"  # libpq's value for the machine's root certificates
SOCKETS: Final = ("/var/run/postgresql", "/run/postgresql", "/tmp")  # noqa: S108 (default socket directories of servers)
SYSTEM_ROOTS: Final = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")
SOCKET_OPTIONS: Final = {  # not every system has all of them
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
    # For these, only the values that match what both drivers do anyway.
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
OTHER_PARAMETERS: Final = (
    "service",
    "dbname",
    "host",
    "hostaddr",
    "port",
    "options",
    "application_name",
    "fallback_application_name",
)
SUPPORTED_PARAMETERS: Final = frozenset((*OTHER_PARAMETERS, *BY_DSN, *BY_NAME, *NUMBERS, *ALLOWED_VALUES))


class InvalidAddress(ValueError):
    """The database URL can't be used. The message says what is wrong and never contains a password."""


@dataclass(frozen=True, slots=True)
class Address:
    """A database address: hosts (or socket directories) with their ports, and the libpq parameters that are set."""

    hosts: tuple[str, ...]
    ports: tuple[int, ...]
    parameters: Mapping[str, str]

    @classmethod
    def parse(cls, url: str, environment: Mapping[str, str] = os.environ) -> Self:
        """Parse a URL. Missing parts come from its service, then from libpq's environment variables. Raises InvalidAddress."""
        stated = _read(url)
        effective = {**_from_environment(environment), **_from_service(stated, environment), **stated}
        effective.pop("service", None)
        _check(effective)
        hosts = _hosts(effective.pop("host", ""), effective.pop("hostaddr", ""), effective.get("port", ""))
        ports = _ports(effective.pop("port", ""), len(hosts))
        parameters = _check_security(effective, hosts)
        return cls(hosts, ports, parameters)

    @property
    def shown(self) -> str:
        """The address for messages, without the password."""
        return self._uri({"user": self.parameters.get("user", ""), "dbname": self.parameters.get("dbname", "")})

    @property
    def uri(self) -> str:
        """The address in the format of `psql`, including the password."""
        return self._uri(self._for_libpq())

    def _uri(self, parameters: Mapping[str, str]) -> str:
        where = ",".join(_authority(host, port) for host, port in zip(self.hosts, self.ports, strict=True))
        user, password, name = (quote(parameters.get(key, ""), safe="") for key in ("user", "password", "dbname"))
        credentials = f"{user}:{password}@" if password else f"{user}@" if user else ""
        in_path = ("user", "password", "dbname", "host", "port")
        more = urlencode({key: value for key, value in parameters.items() if key not in in_path}, quote_via=quote)
        return f"postgresql://{credentials}{where}/{name}" + (f"?{more}" if more else "")

    @property
    def sqlalchemy(self) -> sa.URL:
        """The URL that identifies an engine. Its connections are opened with the arguments from `asyncpg`."""
        query = {"host": self.hosts[0], "port": str(self.ports[0])}
        named = {"username": self.parameters.get("user"), "database": self.parameters.get("dbname")}
        return sa.URL.create(DRIVER, **named, query=query)  # type: ignore[arg-type]  # the values are strings or None

    def asyncpg(self, settings: Mapping[str, str]) -> dict[str, Any]:
        """Return the arguments of `asyncpg.connect`. `settings` are server settings, which override the URL's options."""
        named = {name: self.parameters[name] for name in BY_NAME if self.parameters.get(name)}
        secured = {name: value for name in BY_DSN if (value := self._tls_parameters().get(name))}
        numbers = self._numbers()
        return {
            **({"dsn": "postgresql://?" + urlencode(secured, quote_via=quote)} if secured else {}),
            "host": list(self.hosts),
            "port": list(self.ports),
            **({"database": self.parameters["dbname"]} if self.parameters.get("dbname") else {}),
            **named,
            **({"timeout": numbers["connect_timeout"] or None} if "connect_timeout" in numbers else {}),
            "server_settings": {**self._startup(), **settings, "application_name": self._application},
            "connection_class": _keepalive_connection(numbers),
        }

    def libpq(self, options: str = "") -> str:
        """Return the connection string for psycopg, with additional server options."""
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
        parameters = {name: value for name, value in self.parameters.items() if value}
        if parameters.get("sslrootcert") == SYSTEM:
            parameters["sslrootcert"] = _system_roots()
        return {**parameters, **where}

    def _tls_parameters(self) -> Mapping[str, str]:
        """Return the TLS parameters for asyncpg. It has no channel binding: if required, it verifies the certificate instead."""
        parameters = dict(self.parameters)
        if parameters.get("channel_binding") == "require":
            parameters["sslmode"] = "verify-full"
            if not parameters.get("sslrootcert") and not (Path.home() / ".postgresql" / "root.crt").exists():
                parameters["sslrootcert"] = SYSTEM
        if parameters.get("sslrootcert") == SYSTEM:
            parameters["sslrootcert"] = _system_roots()
        return parameters


def _read(url: str) -> dict[str, str]:
    """Parse a URL with libpq. Returns the parameters that it states."""
    scheme, separator, rest = url.partition("://")
    if scheme not in SCHEMES or not separator:
        raise InvalidAddress(f"must begin with postgresql://, not {scheme if separator else 'nothing'}://")
    alias = re.sub(r"([?&])ssl=(?!true(?:&|$))", r"\1sslmode=", rest)  # SQLAlchemy's name
    alias = re.sub(r"([?&])database=", r"\1dbname=", alias)
    try:
        options = Conninfo.parse(f"postgresql://{alias}".encode())
    except (psycopg.Error, UnicodeEncodeError) as error:
        raise InvalidAddress(_libpq_problem(str(error))) from None
    return {option.keyword.decode(): option.val.decode() for option in options if option.val is not None}


def _libpq_problem(error: str) -> str:
    """Describe libpq's error without the part of the URL that it quotes, which can be a password."""
    if match := re.search(r'URI query parameter: "([a-z_]{1,40})"', error):
        if error.startswith("missing"):
            return f"the parameter {match[1]} has no value: write {match[1]}=VALUE"
        if error.startswith("extra"):
            return f"the parameter {match[1]} has a second = in its value: write that as %3D"
        return f"the parameter {match[1]} is not supported: PostgreSQL has no parameter of this name"
    if "unexpected spaces" in error:
        return "has a space: write it as %20"
    if "percent-encoded" in error:
        return "has a % that doesn't start a percent-encoding, or %00: write a % in the password as %25"
    if "IPv6" in error:
        return "has an IPv6 address without a closing bracket: write it as [::1]"
    return "isn't a PostgreSQL URL: use postgresql://user:password@host:port/database?parameter=value"


def _from_environment(environment: Mapping[str, str]) -> dict[str, str]:
    named = {option.keyword.decode(): option.envvar.decode() for option in Conninfo.get_defaults() if option.envvar}
    return {name: environment[variable] for name, variable in named.items() if environment.get(variable) and name != "service"}


def _from_service(stated: Mapping[str, str], environment: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters of the URL's service, from the service file. Raises InvalidAddress."""
    service = stated.get("service") or environment.get("PGSERVICE")
    if not service:
        return {}
    file = Path(environment.get("PGSERVICEFILE") or Path.home() / ".pg_service.conf")
    services = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        services.read_string(file.read_text("utf-8"))
    except (OSError, ValueError, configparser.Error):
        raise InvalidAddress(f"names the service {service}, but {file} can't be read as a service file") from None
    if service not in services.sections():
        raise InvalidAddress(f"names the service {service}, which isn't in {file}")
    return {name: value.strip() for name, value in services[service].items()}


def _check(parameters: Mapping[str, str]) -> None:
    for name, value in parameters.items():
        if name not in SUPPORTED_PARAMETERS:
            raise InvalidAddress(f"the parameter {name} is not supported: leave it out of the URL")
        if name in ALLOWED_VALUES and value and value not in ALLOWED_VALUES[name]:
            allowed = " or ".join(ALLOWED_VALUES[name])
            raise InvalidAddress(f"the parameter {name} is not supported with this value: use {allowed}")
        if name in NUMBERS and value and not re.fullmatch(r"\d{1,9}", value):
            raise InvalidAddress(f"the parameter {name} must be a number, 0 or greater")
        if name in FILES and value and not (name == "sslrootcert" and value == SYSTEM) and not Path(value).is_file():
            raise InvalidAddress(f"the parameter {name} names {value}, which isn't a readable file")


def _hosts(host: str, address: str, port: str) -> tuple[str, ...]:
    """Return the hosts. Raises InvalidAddress for a host with a hostaddr: asyncpg can't connect to one and verify the other."""
    if host and address:
        raise InvalidAddress("the parameter hostaddr can't be combined with a host: leave one of them out")
    hosts = (host or address or _default_host(port)).split(",")
    if any("@" in name for name in hosts):
        raise InvalidAddress("has more than one @: write an @ in the user or password as %40")
    if not all(hosts):
        raise InvalidAddress("has an empty host in its list: name all hosts")
    return tuple(hosts)


def _authority(host: str, port: int) -> str:
    """Return host and port as in a URL. A socket directory is percent-encoded."""
    encoded = f"[{quote(host, safe=':')}]" if ":" in host else quote(host, safe="")
    return encoded if port == PORT else f"{encoded}:{port}"


def _default_host(port: str) -> str:
    """Return the socket directory of this machine's server, or localhost if there is no socket."""
    directories = (directory for directory in SOCKETS if (Path(directory) / f".s.PGSQL.{port or PORT}").exists())
    return next(directories, "localhost")


def _ports(text: str, hosts: int) -> tuple[int, ...]:
    ports = [port or str(PORT) for port in text.split(",")]
    if any(not re.fullmatch(r"\d{1,5}", port) or not 0 < int(port) < 2**16 for port in ports):
        raise InvalidAddress(
            "has a port that isn't a number from 1 to 65535: write : / ? # in the user or password as %3A %2F %3F %23"
        )
    if len(ports) not in (1, hosts):
        raise InvalidAddress(f"has {len(ports)} ports for {hosts} hosts: state one port, or one for each host")
    return tuple(int(port) for port in (ports * hosts if len(ports) == 1 else ports))


def _check_security(stated: Mapping[str, str], hosts: tuple[str, ...]) -> dict[str, str]:
    """Check that every connection can have the protection that the parameters require. Raises InvalidAddress."""
    parameters = dict(stated)
    if parameters.get("sslrootcert") == SYSTEM and parameters.setdefault("sslmode", "verify-full") != "verify-full":
        raise InvalidAddress("the parameter sslrootcert=system needs sslmode=verify-full")
    if parameters.get("sslrootcert") == SYSTEM:
        _system_roots()
    mode = parameters.get("sslmode") or "prefer"
    if parameters.get("sslnegotiation") == "direct" and mode not in ("require", "verify-ca", "verify-full"):
        raise InvalidAddress("the parameter sslnegotiation=direct needs sslmode=require, verify-ca or verify-full")
    if parameters.get("channel_binding") == "require":
        if mode == "disable" or any(host.startswith("/") for host in hosts):
            raise InvalidAddress("the parameter channel_binding=require needs TLS: connect to a host, without sslmode=disable")
        if not parameters.get("sslrootcert"):
            _system_roots()
    return parameters


def _system_roots() -> str:
    """Return the file of the machine's root certificates. Raises InvalidAddress if it doesn't exist."""
    paths = ssl.get_default_verify_paths()
    file = next((path for path in (paths.cafile, *SYSTEM_ROOTS) if path and Path(path).is_file()), None)
    if file is None:
        raise InvalidAddress("needs this machine's root certificates, but it has none: set sslrootcert to a file")
    return file


def _keepalive_connection(numbers: Mapping[str, int]) -> type[builtin_types.Connection]:
    """Return a connection class whose sockets use TCP keepalive, like libpq's, to detect a lost server."""
    options = {
        (socket.IPPROTO_TCP, getattr(socket, option)): numbers[name]
        for name, option in SOCKET_OPTIONS.items()
        if hasattr(socket, option) and numbers.get(name) and (name == "tcp_user_timeout" or numbers.get("keepalives", 1))
    }
    options[socket.SOL_SOCKET, socket.SO_KEEPALIVE] = min(numbers.get("keepalives", 1), 1)

    class KeepaliveConnection(builtin_types.Connection):
        __slots__ = ()

        def __init__(self, protocol: Any, transport: Any, *arguments: Any, **named: Any) -> None:
            super().__init__(protocol, transport, *arguments, **named)
            tcp_socket = transport.get_extra_info("socket")
            if tcp_socket is not None and tcp_socket.family in (socket.AF_INET, socket.AF_INET6):
                for (level, option), value in options.items():
                    tcp_socket.setsockopt(level, option, value)

    return KeepaliveConnection
