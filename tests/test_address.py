"""Database URLs mean the same as in libpq for asyncpg, SQLAlchemy and psycopg, or are rejected with the parameter's name."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg
import psycopg
import pytest
import sqlalchemy as sa
from asyncpg.connect_utils import _parse_connect_dsn_and_args
from asyncpg.exceptions import TargetServerAttributeNotMatched
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy.engine import make_url

from address import Address, InvalidAddress
from models.database import connect
from models.listening import ChangeListener
from models.reading import Reader
from settings import InvalidSettings, Settings

DAY: Final = timedelta(days=1)
TLS: Final = (80877103).to_bytes(4, "big")  # the code of an SSLRequest message
GSS: Final = (80877104).to_bytes(4, "big")
TIMES: Final = ("TCP_KEEPIDLE", "TCP_KEEPINTVL", "TCP_KEEPCNT")
REFUSALS: Final = (
    OSError,
    psycopg.OperationalError,
    asyncpg.PostgresError,
    asyncpg.InterfaceError,
    TargetServerAttributeNotMatched,
    sa.exc.DBAPIError,
)
REFUSED: Final = ["refused"] * 3


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a home directory without PostgreSQL files, in an environment without its variables."""
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("PGHOST", "PGUSER", "PGPASSWORD", "PGSSLMODE", "PGSERVICE", "PGOPTIONS", "PGAPPNAME"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def parsed(address: Address) -> dict[str, Any]:
    """Return how asyncpg parses its arguments when it connects."""
    names = ("dsn", "host", "port", "user", "password", "passfile", "database", "target_session_attrs", "krbsrvname", "gsslib")
    arguments = address.asyncpg({})
    given = {name: arguments.get(name) for name in names}
    rest = {
        "ssl": None,
        "service": None,
        "servicefile": None,
        "direct_tls": None,
        "server_settings": arguments["server_settings"],
    }
    addresses, parameters = _parse_connect_dsn_and_args(**given, **rest)
    return {"addresses": addresses, **parameters._asdict()}


@pytest.mark.parametrize(
    ("url", "addresses", "database", "of_asyncpg", "of_libpq"),
    [
        ("postgresql://u:p@h/d", [("h", 5432)], "d", {"user": "u", "password": "p"}, {"user": "u", "password": "p"}),
        ("postgres://u:p@h:6543/d", [("h", 6543)], "d", {}, {"port": "6543"}),
        ("postgresql+asyncpg://u@h/d", [("h", 5432)], "d", {}, {}),
        ("postgresql://u:p%40%2F%3A%25%20%2B+ss@h/d", [("h", 5432)], "d", {"password": "p@/:% ++ss"}, {"password": "p@/:% ++ss"}),
        ("postgresql://u%40tenant:p@h/d%2Fx", [("h", 5432)], "d/x", {"user": "u@tenant"}, {"dbname": "d/x"}),
        ("postgresql://[::1]:6543/d", [("::1", 6543)], "d", {}, {"host": "::1"}),
        ("postgresql:///d?host=/var/run/postgresql", ["/var/run/postgresql/.s.PGSQL.5432"], "d", {}, {"host": "/var/run/postgresql"}),
        ("postgresql:///d?host=/run/pg&port=6543&user=u", ["/run/pg/.s.PGSQL.6543"], "d", {"user": "u"}, {"port": "6543"}),
        ("postgresql://u@%2Frun%2Fpg/d", ["/run/pg/.s.PGSQL.5432"], "d", {}, {"host": "/run/pg"}),
        ("postgresql://?host=h&dbname=d&user=u&password=p", [("h", 5432)], "d", {"password": "p"}, {"password": "p"}),
        ("postgresql://h?database=d", [("h", 5432)], "d", {}, {"dbname": "d"}),
        ("postgresql:///d?hostaddr=10.0.0.7", [("10.0.0.7", 5432)], "d", {}, {"host": "10.0.0.7"}),
        (
            "postgresql://u:p@a,b:6543/d?target_session_attrs=read-write",
            [("a", 5432), ("b", 6543)],
            "d",
            {"target_session_attrs": "read-write"},
            {"host": "a,b", "port": "5432,6543", "target_session_attrs": "read-write"},
        ),
        ("postgresql://a,b/d?port=6543", [("a", 6543), ("b", 6543)], "d", {}, {"port": "6543,6543"}),
        ("postgresql://h/d?target_session_attrs=primary", [("h", 5432)], "d", {"target_session_attrs": "primary"}, {}),
        ("postgresql://h/d?application_name=billing", [("h", 5432)], "d", {}, {"application_name": "billing"}),
        ("postgresql://h/d?fallback_application_name=b", [("h", 5432)], "d", {}, {"application_name": "b"}),
        ("postgresql://h/d?options=-c%20search_path%3Dx", [("h", 5432)], "d", {}, {"options": "-c search_path=x"}),
        ("postgresql://h/d?connect_timeout=7", [("h", 5432)], "d", {}, {"connect_timeout": "7"}),
        ("postgresql://h/d?keepalives=1&keepalives_idle=30&tcp_user_timeout=9", [("h", 5432)], "d", {}, {"keepalives_idle": "30"}),
        ("postgresql://h/d?passfile=/etc/pgpass", [("h", 5432)], "d", {}, {"passfile": "/etc/pgpass"}),
        ("postgresql://h/d?client_encoding=utf8&gssencmode=disable&sslcompression=0", [("h", 5432)], "d", {}, {}),
        ("postgresql://h/d?channel_binding=prefer", [("h", 5432)], "d", {}, {"channel_binding": "prefer"}),
    ],
)  # fmt: skip
def test_url_means_the_same_to_both_drivers(
    url: str, addresses: list[Any], database: str, of_asyncpg: dict[str, Any], of_libpq: dict[str, str]
) -> None:
    """Both drivers connect to the same server and database, with the same user and parameters."""
    address = Address.parse(url)
    ours, theirs = parsed(address), conninfo_to_dict(address.libpq())

    assert (addresses, database, database) == (ours["addresses"], ours["database"], theirs["dbname"])
    assert of_asyncpg.items() <= ours.items()
    assert of_libpq.items() <= theirs.items()
    assert ours["server_settings"]["application_name"] == theirs["application_name"]


@pytest.mark.parametrize(
    ("query", "mode", "checks_host", "checks_certificate"),
    [
        ("", "prefer", False, ssl.CERT_NONE),
        ("?sslmode=allow", "allow", False, ssl.CERT_NONE),
        ("?sslmode=require", "require", False, ssl.CERT_NONE),
        ("?ssl=require", "require", False, ssl.CERT_NONE),
        ("?ssl=true", "require", False, ssl.CERT_NONE),
        ("?sslmode=require&sslrootcert={root}", "require", False, ssl.CERT_REQUIRED),
        ("?sslmode=verify-ca&sslrootcert={root}", "verify-ca", False, ssl.CERT_REQUIRED),
        ("?sslmode=verify-full&sslrootcert={root}", "verify-full", True, ssl.CERT_REQUIRED),
        ("?sslmode=verify-full&sslrootcert=system", "verify-full", True, ssl.CERT_REQUIRED),
        ("?sslrootcert=system", "verify-full", True, ssl.CERT_REQUIRED),
        ("?sslmode=require&channel_binding=require", "verify-full", True, ssl.CERT_REQUIRED),
        ("?channel_binding=require&sslrootcert={root}", "verify-full", True, ssl.CERT_REQUIRED),
        ("?sslmode=require&sslnegotiation=direct&ssl_min_protocol_version=TLSv1.3", "require", False, ssl.CERT_NONE),
    ],
)
def test_connection_is_as_secure_as_its_url_says(
    home: Path, query: str, mode: str, *, checks_host: bool, checks_certificate: ssl.VerifyMode
) -> None:
    """asyncpg has no channel binding: if it's required, asyncpg verifies certificate and host instead."""
    Authority(home)
    address = Address.parse(f"postgresql://u:p@db.example/d{query.format(root=home / 'root.pem')}")

    made = parsed(address)

    assert (mode.replace("-", "_"), checks_host, checks_certificate) == (
        made["sslmode"].name,
        made["ssl"].check_hostname,
        made["ssl"].verify_mode,
    )
    assert "system" not in conninfo_to_dict(address.libpq()).values()  # libpq's own OpenSSL doesn't always find them


def test_sslmode_disable_uses_no_tls() -> None:
    """`disable` is the only mode without TLS."""
    assert parsed(Address.parse("postgresql://h/d?sslmode=disable"))["ssl"] is False


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("mysql://root:swordfish@h/d", "must begin with postgresql://, not mysql://"),
        ("swordfish", "must begin with postgresql://, not nothing://"),
        ("postgresql+psycopg2://h/d", "must begin with postgresql://, not postgresql+psycopg2://"),
        ("postgresql://h/d?foo=swordfish", "the parameter foo is not supported: PostgreSQL has no parameter of this name"),
        ("postgresql://h/d?pgbouncer=true", "the parameter pgbouncer is not supported"),
        ("postgresql://h/d?sslmode", "the parameter sslmode has no value"),
        ("postgresql://h/d?sslmode=swordfish", "the parameter sslmode is not supported with this value: use disable or allow"),
        ("postgresql://h/d?channel_binding=swordfish", "the parameter channel_binding is not supported with this value"),
        ("postgresql://h/d?channel_binding=require&sslmode=disable", "the parameter channel_binding=require needs TLS"),
        ("postgresql:///d?host=/run/pg&channel_binding=require", "the parameter channel_binding=require needs TLS"),
        ("postgresql://h/d?sslmode=require&sslrootcert=system", "sslrootcert=system needs sslmode=verify-full"),
        ("postgresql://h/d?sslmode=verify-full&sslrootcert=/nowhere.pem", "the parameter sslrootcert names /nowhere.pem"),
        ("postgresql://h/d?sslcert=/nowhere.pem", "the parameter sslcert names /nowhere.pem"),
        ("postgresql://h/d?sslnegotiation=direct", "the parameter sslnegotiation=direct needs sslmode=require"),
        ("postgresql://h/d?sslcrldir=/crl", "the parameter sslcrldir is not supported: leave it out"),
        ("postgresql://h/d?require_auth=scram-sha-256", "the parameter require_auth is not supported: leave it out"),
        ("postgresql://h/d?requirepeer=swordfish", "the parameter requirepeer is not supported: leave it out"),
        ("postgresql://h/d?gssencmode=require", "the parameter gssencmode is not supported with this value"),
        ("postgresql://h/d?load_balance_hosts=random", "the parameter load_balance_hosts is not supported with this value"),
        ("postgresql://h/d?replication=database", "the parameter replication is not supported: leave it out"),
        ("postgresql://h/d?client_encoding=latin1", "the parameter client_encoding is not supported with this value"),
        ("postgresql://h/d?target_session_attrs=swordfish", "the parameter target_session_attrs is not supported with this value"),
        ("postgresql://h/d?connect_timeout=soon", "the parameter connect_timeout must be a number"),
        ("postgresql://h/d?keepalives_idle=-1", "the parameter keepalives_idle must be a number"),
        ("postgresql://h/d?hostaddr=10.0.0.7", "the parameter hostaddr can't be combined with a host"),
        ("postgresql://h/d?service=swordfish", "names the service swordfish, but"),
        ("postgresql://h/d?options=-c geqo=off", "the parameter options has a second = in its value: write that as %3D"),
        ("postgresql://h/d?application_name=a b", "has a space: write it as %20"),
        ("postgresql://u:swordfish%@h/d", "has a % that doesn't start a percent-encoding"),
        ("postgresql://u:swordfish%00@h/d", "has a % that doesn't start a percent-encoding, or %00"),
        ("postgresql://u:sword@fish@h/d", "has more than one @"),
        ("postgresql://u:sword/fish@h/d", "has a port that isn't a number"),
        ("postgresql://h:99999/d", "has a port that isn't a number from 1 to 65535"),
        ("postgresql://h:/d?port=0", "has a port that isn't a number from 1 to 65535"),
        ("postgresql://a,b,c/d?port=1,2", "has 2 ports for 3 hosts"),
        ("postgresql://a,,b/d", "has an empty host in its list"),
        ("postgresql://[::1/d", "has an IPv6 address without a closing bracket"),
        ("postgresql://h/d?ssl=\ud800", "isn't a PostgreSQL URL"),
    ],
)  # fmt: skip
def test_unsupported_url_is_rejected_by_name(url: str, problem: str) -> None:
    """Startup fails with the variable, the parameter and what to do, without a traceback or the password."""
    with pytest.raises(InvalidSettings) as refused:
        Settings.load(database_url=url)

    message = refused.value.problems["DATABASE_URL"]
    assert problem in message
    assert "fish" not in message.replace("the service swordfish", "")


def test_missing_parts_come_from_the_service_and_the_environment(home: Path) -> None:
    """The URL comes first, then its service, then libpq's variables."""
    (home / ".pg_service.conf").write_text("[market]\nhost=db.example\nport=6543\nuser=of_service\npassword=a%b\n", "utf-8")
    environment = {"PGHOST": "elsewhere.example", "PGPASSWORD": "of_environment", "PGDATABASE": "d", "PGAPPNAME": "a"}

    named = Address.parse("postgresql://of_url@/?service=market", environment)
    alone = Address.parse("postgresql://", {**environment, "PGSERVICE": "market"})

    assert (("db.example",), (6543,)) == (named.hosts, named.ports)
    assert {"user": "of_url", "password": "a%b", "dbname": "d", "application_name": "a"} == dict(named.parameters)
    assert "of_service" == alone.parameters["user"]
    with pytest.raises(InvalidAddress, match=r"names the service other, which isn't in "):
        Address.parse("postgresql://?service=other", environment)


def test_default_host_is_the_local_server(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    """The default is the local socket if it exists, else localhost, for all drivers."""
    monkeypatch.setattr("address.SOCKETS", (str(home),))

    without = Address.parse("postgresql:///d")
    (home / ".s.PGSQL.5432").touch()

    assert [("localhost",), (str(home),)] == [without.hosts, Address.parse("postgresql:///d").hosts]


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://somebody:s%2Fcret@db.example/sample",
        "postgresql://db.example:6543,other.example/sample?target_session_attrs=primary",
        "postgresql://%2Frun%2Fpg:6543/sample",
        "postgresql://u@[::1]:6543/sample?application_name=a%20b",
        "postgresql://u@[fe80::1%25eth0]/sample",
    ],
)
def test_uri_is_equivalent_to_the_url(url: str) -> None:
    """The URL that `crossgate database url` prints connects to the same database."""
    address = Address.parse(url)

    assert address == Address.parse(address.uri)
    assert "cret" not in address.shown


class Authority:
    """Issues certificates for localhost, with their root certificate in `root.pem`."""

    def __init__(self, directory: Path, host: str = "localhost") -> None:
        self.root = directory / "root.pem"
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Sample authority")])
        self.root.write_bytes(self._signed(self._name, self._key, None).public_bytes(serialization.Encoding.PEM))
        self.context = self._context(directory, host)

    def _context(self, directory: Path, host: str) -> ssl.SSLContext:
        key, chain = ec.generate_private_key(ec.SECP256R1()), directory / "server.pem"
        form = (serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        certificate = self._signed(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)]), key, host)
        chain.write_bytes(key.private_bytes(*form) + certificate.public_bytes(serialization.Encoding.PEM))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        return context

    def _signed(self, name: x509.Name, key: ec.EllipticCurvePrivateKey, host: str | None) -> x509.Certificate:
        now = datetime.now(UTC)
        builder = x509.CertificateBuilder(self._name, name, key.public_key(), x509.random_serial_number(), now, now + DAY)
        builder = builder.add_extension(x509.BasicConstraints(ca=host is None, path_length=None), critical=True)
        if host is not None:
            builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(host)]), critical=False)
        return builder.sign(self._key, hashes.SHA256())


class Front:
    """A proxy that offers or refuses TLS, in front of the embedded PostgreSQL, which has no TLS."""

    def __init__(self, socket: str, context: ssl.SSLContext | None) -> None:
        self._socket = socket
        self._context = context
        self._tasks: set[asyncio.Task[None]] = set()
        self._open: set[asyncio.StreamWriter] = set()
        self.port = 0
        self.secured = 0

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Front]:
        """Listen on a free port."""
        listening = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = listening.sockets[0].getsockname()[1]
        yield self
        listening.close()
        for writer in self._open:
            writer.transport.abort()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(0.05)  # the loop closes aborted connections

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.add(task := asyncio.current_task())  # type: ignore[arg-type]  # this runs in a task
        task.add_done_callback(self._tasks.discard)  # type: ignore[union-attr]
        with suppress(OSError, asyncio.IncompleteReadError), self._aborted(writer):
            first = await reader.readexactly(8)
            while first[4:] in (TLS, GSS):
                secures = first[4:] == TLS and self._context is not None
                writer.write(b"S" if secures else b"N")
                await writer.drain()
                if secures:
                    await writer.start_tls(self._context)  # type: ignore[arg-type]  # the context is set
                    self.secured += 1
                first = await reader.readexactly(8)
            await self._pass_on(first, reader, writer)

    @contextmanager
    def _aborted(self, writer: asyncio.StreamWriter) -> Iterator[None]:
        self._open.add(writer)
        try:
            yield
        finally:
            writer.transport.abort()
            self._open.discard(writer)

    async def _pass_on(self, first: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers, questions = await asyncio.open_unix_connection(self._socket)
        with self._aborted(questions):
            questions.write(first)
            await asyncio.gather(_copy(reader, questions), _copy(answers, writer))


async def _copy(source: asyncio.StreamReader, target: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while data := await source.read(65536):
            target.write(data)
            await target.drain()
    target.close()


@pytest.fixture
def socket_path(database_url: str) -> str:
    """Return the socket of the embedded PostgreSQL."""
    query = make_url(database_url).query
    return f"{query['host']}/.s.PGSQL.{query['port']}"


@pytest.fixture
def at(database_url: str) -> Callable[..., str]:
    """Return a function that builds the database's URL for a port."""
    known = make_url(database_url)
    return lambda port, query="", host="localhost": f"postgresql://{known.username}:x@{host}:{port}/{known.database}?{query}"


async def by_sqlalchemy(url: str, statement: str) -> Any:
    """Read a value like a unit of work."""
    engine = connect(url)
    try:
        async with engine.connect() as connection:
            return await connection.scalar(sa.text(statement))
    finally:
        await engine.dispose()


async def by_asyncpg(url: str, statement: str) -> Any:
    """Read a value like a request."""
    reader = Reader(url)
    try:
        return (await reader.run(statement, ()))[0][0]
    finally:
        await reader.close()


async def by_psycopg(url: str, statement: str) -> Any:
    """Read a value like the worker."""
    async with await psycopg.AsyncConnection.connect(Address.parse(url).libpq("-c search_path=procrastinate")) as connection:
        found = await (await connection.execute(statement.encode())).fetchone()
        return found and found[0]


DRIVERS: Final = (by_sqlalchemy, by_asyncpg, by_psycopg)


async def answers(url: str, statement: str = "SELECT 1") -> list[Any]:
    """Return each driver's value, or REFUSED if it couldn't connect."""
    found = await asyncio.gather(*(driver(url, statement) for driver in DRIVERS), return_exceptions=True)
    return ["refused" if isinstance(each, REFUSALS) else each for each in found]


async def test_every_driver_uses_tls(tmp_path: Path, socket_path: str, at: Callable[..., str]) -> None:
    """`require` needs a server with TLS. `verify-full` needs a certificate from the root and for the host."""
    authority = Authority(tmp_path)
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other")
    verify = f"sslmode=verify-full&sslrootcert={authority.root}"
    async with Front(socket_path, authority.context).open() as front:
        served = [
            await answers(at(front.port, query))
            for query in ("sslmode=require", verify, f"channel_binding=prefer&{verify}", "sslmode=prefer")
        ]
        secured = front.secured
        listening = ChangeListener(at(front.port, verify))
        await listening.start()
        await asyncio.wait_for(listening.is_connected.wait(), 10)
        await listening.close()
        untrusted = await answers(at(front.port, f"sslmode=verify-full&sslrootcert={other.root}"))
        named = await answers(at(front.port, verify, "127.0.0.1"))
        only_signed = await answers(at(front.port, verify.replace("verify-full", "verify-ca"), "127.0.0.1"))

    assert [[1, 1, 1]] * 4 == served
    assert (12, 13) <= (secured, front.secured)
    assert ([REFUSED, REFUSED, [1, 1, 1]]) == [untrusted, named, only_signed]


async def test_server_without_tls_is_refused_if_tls_is_required(socket_path: str, at: Callable[..., str]) -> None:
    """No driver falls back to plain text if TLS is required. Without the requirement, all connect."""
    async with Front(socket_path, None).open() as front:
        plain = [await answers(at(front.port, query)) for query in ("", "sslmode=prefer", "sslmode=disable")]
        required = [
            await answers(at(front.port, query)) for query in ("sslmode=require", "sslmode=require&channel_binding=require")
        ]

    assert ([[1, 1, 1]] * 3, [REFUSED] * 2) == (plain, required)


async def test_next_host_is_tried_and_parameters_reach_the_server(socket_path: str, at: Callable[..., str]) -> None:
    """The first host that answers and accepts writes is used. Names and options are the same for all drivers."""
    state = "SELECT concat_ws(' ', current_setting('application_name'), current_setting('work_mem'))"
    async with Front(socket_path, None).open() as front:
        hosts = at(front.port, "target_session_attrs=read-write&application_name=billing&options=-c%20work_mem%3D7MB")
        hosts = hosts.replace(f"localhost:{front.port}", f"localhost:1,localhost:{front.port}")
        outcomes = await answers(hosts, state)
        unnamed = await answers(at(front.port), "SELECT current_setting('application_name')")
        standby = await answers(at(front.port, "target_session_attrs=standby&connect_timeout=5"))

    assert (["billing 7MB"] * 3, ["crossgate"] * 3, REFUSED) == (outcomes, unnamed, standby)


async def test_sockets_use_keepalive_like_libpq(socket_path: str, at: Callable[..., str]) -> None:
    """Keepalive is on by default, with the intervals from the URL."""
    times = "keepalives_idle=33&keepalives_interval=7&keepalives_count=3"
    async with Front(socket_path, None).open() as front:
        found = [await _kept(at(front.port, query)) for query in ("", times, "keepalives=0")]

    assert [1, 1, 0] == [each[0] for each in found]
    assert [33, 7, 3] == found[1][1:]


async def _kept(url: str) -> list[int]:
    connection = await asyncpg.connect(**Address.parse(url).asyncpg({}))
    opened = connection._transport.get_extra_info("socket")
    times = [opened.getsockopt(socket.IPPROTO_TCP, getattr(socket, name)) for name in TIMES]
    alive = opened.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
    await connection.close()
    return [alive, *times]
