"""Runs Node for tests: the system's version if it is recent enough, else the one that a package installs in the environment.

Tools run in the folder of their package, so that they find its modules.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

MIN_MAJOR_VERSION = 20


class ToolFailed(Exception):
    """A Node tool failed. The message is its output."""


def run(folder: Path, tool: str, *arguments: str, **environment: str) -> None:
    """Run a Node tool in a folder. Raises ToolFailed."""
    program = node_tool(tool)
    path = os.pathsep.join([str(Path(program).parent), os.environ.get("PATH", os.defpath)])
    completed = subprocess.run(
        [program, *arguments],
        cwd=folder,
        env={**os.environ, "PATH": path, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if completed.returncode:
        raise ToolFailed(f"`{tool} {' '.join(arguments)}` failed:\n{completed.stdout}")


@cache
def node_tool(name: str) -> str:
    """Return the path of `node`, `npm` or `npx`, all from the same installation."""
    if (node := shutil.which("node")) and (tool := shutil.which(name)) and _major(node) >= MIN_MAJOR_VERSION:
        return tool
    return str(Path(sys.executable).parent / name)


def _major(node: str) -> int:
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    return int(version.removeprefix("v").split(".")[0])
