"""Where tests find Node: the machine's own if it is recent enough, else the one that a package puts into the environment.

Its tools run in the folder of their package, whose modules they then find.
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
    """A tool of Node's did not do what it was asked; the message is what it printed."""


def run(folder: Path, tool: str, *arguments: str, **environment: str) -> None:
    """Run a tool of Node's in a folder. Raises ToolFailed."""
    program = node_tool(tool)
    path = os.pathsep.join([str(Path(program).parent), os.environ.get("PATH", os.defpath)])
    done = subprocess.run(
        [program, *arguments],
        cwd=folder,
        env={**os.environ, "PATH": path, **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if done.returncode:
        raise ToolFailed(f"`{tool} {' '.join(arguments)}` failed:\n{done.stdout}")


@cache
def node_tool(name: str) -> str:
    """The path of `node`, `npm` or `npx`. All of them come from one place."""
    if (node := shutil.which("node")) and (tool := shutil.which(name)) and _major(node) >= MIN_MAJOR_VERSION:
        return tool
    return str(Path(sys.executable).parent / name)


def _major(node: str) -> int:
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    return int(version.removeprefix("v").split(".")[0])
