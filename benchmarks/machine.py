"""The benchmark machine: assignment of cores, resource use of processes, and its description for the results.

The measured servers have one core to themselves. PostgreSQL and the load share another, so that they take no time from a server.
"""

from __future__ import annotations

import os
import platform
import signal
from ctypes import CDLL
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

PROC: Final = Path("/proc")
PR_SET_PDEATHSIG: Final = 1
TICKS: Final = os.sysconf("SC_CLK_TCK")  # clock ticks per second, the unit of CPU time in /proc
USER, SYSTEM, PARENT = 11, 12, 1  # field numbers of /proc/PID/stat, counted after the name
PACKAGES: Final = ("strawberry-graphql", "graphql-core", "asyncpg", "orjson", "uvicorn", "uvloop", "httptools", "sqlalchemy")


@dataclass(frozen=True, slots=True)
class Cores:
    """The servers' core, and the core of PostgreSQL and the load. They're the same on a single-core machine."""

    server: int
    rest: int

    @classmethod
    def of_machine(cls) -> Cores:
        """Return the first two cores that this process can use."""
        usable = sorted(os.sched_getaffinity(0))
        return cls(usable[0], usable[1 % len(usable)])


def pin(process: int, *cores: int) -> None:
    """Pin a process and its descendants to cores. Processes that it starts later inherit this."""
    for each in family(process):
        for thread in _threads(each):
            os.sched_setaffinity(thread, cores)


def family(process: int) -> list[int]:
    """Return a process and its descendants."""
    children: dict[int, list[int]] = {}
    for path in PROC.glob("[0-9]*/stat"):
        if fields := _fields(path):
            children.setdefault(int(fields[PARENT]), []).append(int(path.parent.name))
    found = [process]
    for each in found:  # the list grows during the loop
        found += children.get(each, [])
    return found


def cpu_ms(processes: list[int]) -> float:
    """Return the CPU time of processes since their start, in milliseconds. Exited processes count as 0."""
    stats = (_fields(PROC / str(process) / "stat") for process in processes)
    return sum(1000 * (int(fields[USER]) + int(fields[SYSTEM])) / TICKS for fields in stats if fields)


def idle_ms(cores: set[int]) -> float:
    """Return how long cores have been idle since the machine's start, in milliseconds in all."""
    lines = (line.split() for line in (PROC / "stat").read_text().splitlines())
    names = {f"cpu{core}" for core in cores}
    return sum(1000 * (int(fields[4]) + int(fields[5])) / TICKS for fields in lines if fields[0] in names)


def peak_memory(process: int) -> int:
    """Return a process's peak memory since `forget_peak_memory`, in bytes."""
    return _memory(process, "VmHWM")


def memory(process: int) -> int:
    """Return a process's current memory, in bytes."""
    return _memory(process, "VmRSS")


def forget_peak_memory(process: int) -> None:
    """Reset a process's peak memory to its current memory."""
    (PROC / str(process) / "clear_refs").write_text("5")


def described() -> dict[str, object]:
    """Describe the machine and the relevant versions, for the results."""
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
    """Return the fields of a stat file after the name, which may contain spaces. Empty if the process has exited."""
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


def end_with_parent() -> None:
    """Ask the kernel to stop this process when its parent exits for any reason."""
    CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
