"""The `crossgate` command as a process of its own, with a data directory of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parents[2]
COMMAND: Final = (sys.executable, "-m", "commands")


def environment(data_dir: Path, database_url: str | None = None) -> dict[str, str]:
    """Ours, less all settings, and with these."""
    ours = {name: value for name, value in os.environ.items() if not name.startswith("CROSSGATE_") and name != "DATABASE_URL"}
    return ours | {"CROSSGATE_DATA_DIR": str(data_dir)} | ({"DATABASE_URL": database_url} if database_url else {})


def crossgate(*arguments: str, data_dir: Path, database_url: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command to its end."""
    variables = environment(data_dir, database_url)
    return subprocess.run([*COMMAND, *arguments], check=False, cwd=ROOT, env=variables, capture_output=True, text=True)
