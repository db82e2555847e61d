"""The programs that the cluster needs from the machine, besides the PostgreSQL of the project."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ALSO: Final = "/usr/local/sbin:/usr/sbin:/sbin"  # not in every user's PATH


class Missing(Exception):
    """Some programs are missing or too old. The message says how to install each of them."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program, the oldest version that works, the option that prints its version, and how to install it."""

    name: str
    oldest: tuple[int, int]
    version: str
    install: str


PROGRAMS: Final = (
    Program("etcd", (3, 4), "--version", "as root, apt-get install etcd-server"),
    Program("patroni", (3, 0), "--version", "as root, apt-get install --no-install-recommends patroni"),
    Program("haproxy", (2, 4), "-v", "as root, apt-get install haproxy"),
    Program(
        "pgbouncer",
        (1, 21),  # older ones lose prepared statements in transaction pooling
        "--version",
        "as root, apt-get install pgbouncer on Debian 13 or later; on Debian 12, build the source of Debian 13's package "
        "(apt-get install gcc make pkg-config libevent-dev libssl-dev; ./configure; make) and name the result with --pgbouncer",
    ),
)


def found(given: Mapping[str, Path | None]) -> dict[str, Path]:
    """Return the path of each program: the given one, or else the one in PATH. Raises Missing."""
    paths, problems = dict[str, Path](), list[str]()
    for program in PROGRAMS:
        path = given.get(program.name) or shutil.which(program.name) or shutil.which(program.name, path=ALSO)
        version = None if path is None else _version(Path(path), program.version)
        if path is None or version is None:
            problems.append(f"{program.name} is missing: {program.install}")
        elif version < program.oldest:
            problems.append(f"{program.name} is {_shown(version)}, but {_shown(program.oldest)} is needed: {program.install}")
        else:
            paths[program.name] = Path(path).absolute()
    if problems:
        raise Missing("\n".join(problems))
    return paths


def version_in(text: str) -> tuple[int, int] | None:
    """Return the first version number in a program's output."""
    match = re.search(r"\b(\d+)\.(\d+)", text)
    return match and (int(match[1]), int(match[2]))


def _version(path: Path, option: str) -> tuple[int, int] | None:
    try:
        done = subprocess.run([str(path), option], check=False, capture_output=True, text=True, timeout=30)
    except OSError:
        return None
    return version_in(done.stdout + done.stderr)


def _shown(version: tuple[int, int]) -> str:
    return ".".join(map(str, version))
