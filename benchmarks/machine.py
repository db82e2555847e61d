"""The machine that measures: which core does what, what processes have used of it, and how it is called in the results.

The servers measured have one core to themselves; PostgreSQL and the load share the other, so that neither takes time from a server.
"""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
TICKS: Final = os.sysconf("SC_CLK_TCK")  # per second, in which Linux counts what a process has used
USER, SYSTEM, PARENT = 11, 12, 1  # fields of /proc/PID/stat, counted after the name
PACKAGES: Final = ("strawberry-graphql", "graphql-core", "asyncpg", "orjson", "uvicorn", "uvloop", "httptools", "sqlalchemy")


@dataclass(frozen=True, slots=True)
class Cores:
    """The core of the servers, and the one of PostgreSQL and the load. On a machine with one core they are the same."""

    server: int
    rest: int

    @classmethod
    def of_machine(cls) -> Cores:
        """The first two cores that this process may use."""
        usable = sorted(os.sched_getaffinity(0))
        return cls(usable[0], usable[1 % len(usable)])


def pin(process: int, core: int) -> None:
    """Hold a process and all that it has started to a core; what it starts later inherits that."""
    for each in family(process):
        for thread in _threads(each):
            os.sched_setaffinity(thread, {core})


def family(process: int) -> list[int]:
    """A process and all below it."""
    children: dict[int, list[int]] = {}
    for path in PROC.glob("[0-9]*/stat"):
        if fields := _fields(path):
            children.setdefault(int(fields[PARENT]), []).append(int(path.parent.name))
    found = [process]
    for each in found:  # grows while it is walked
        found += children.get(each, [])
    return found


def cpu_ms(processes: list[int]) -> float:
    """What processes have used of the CPU since they began, in milliseconds; those that are gone count nothing."""
    stats = (_fields(PROC / str(process) / "stat") for process in processes)
    return sum(1000 * (int(fields[USER]) + int(fields[SYSTEM])) / TICKS for fields in stats if fields)


def peak_memory(process: int) -> int:
    """The most memory that a process has held since `forget_peak_memory`, in bytes."""
    return _memory(process, "VmHWM")


def memory(process: int) -> int:
    """The memory that a process holds now, in bytes."""
    return _memory(process, "VmRSS")


def forget_peak_memory(process: int) -> None:
    """Let the peak of a process be what it holds now."""
    (PROC / str(process) / "clear_refs").write_text("5")


def described() -> dict[str, object]:
    """The machine and the versions that matter, for the results."""
    models = [line for line in (PROC / "cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "cpu": models[0].partition(":")[2].strip() if models else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30),
        "kernel": platform.release(),
        "python": platform.python_version(),
        **{name: version(name) for name in PACKAGES},
    }


def _fields(path: Path) -> list[str]:
    """The fields of a stat file after the name, which may hold spaces; none if the process is gone."""
    try:
        return path.read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return []


def _threads(process: int) -> list[int]:
    try:
        return [int(path.name) for path in (PROC / str(process) / "task").iterdir()]
    except FileNotFoundError:
        return []


def _memory(process: int, name: str) -> int:
    lines = (PROC / str(process) / "status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(f"{name}:"))
