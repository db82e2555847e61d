"""Where tests find Node: the machine's own if it is recent enough, else the one that a package puts into the environment."""

from __future__ import annotations

import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

OLDEST = 20


@cache
def node_tool(name: str) -> str:
    """The path of `node`, `npm` or `npx`. All of them come from one place."""
    if (node := shutil.which("node")) and (tool := shutil.which(name)) and _major(node) >= OLDEST:
        return tool
    return str(Path(sys.executable).parent / name)


def _major(node: str) -> int:
    version = subprocess.run([node, "--version"], capture_output=True, text=True, check=True).stdout
    return int(version.removeprefix("v").split(".")[0])
