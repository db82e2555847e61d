"""The browser of the tests: one from an npm package, else the system's Chromium or Chrome.

The packaged one is a headless build for Linux on x86_64 that brings all libraries but glibc, so it needs neither root nor
any system package. It's preferred because it has no windows to manage, and so takes a third of the CPU time that a full
browser takes. A test that needs a browser never skips: without one, NoBrowser says what was searched.
`python -m tests.browser` installs it ahead of the tests and prints which browser they use.
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import Browser, async_playwright

from tests import node

VARIABLE = "CROSSGATE_BROWSER"
NAMES = [
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
]
MAC = Path("/Applications/Google Chrome.app/Contents/MacOS/Google Chrome")

PACKAGE = Path(__file__).parent / "portal" / "chromium"
UNPACKED = PACKAGE / "node_modules" / ".unpacked"
FONTS = f"""<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir>{UNPACKED}/fonts</dir>
  <cachedir>{UNPACKED}/font-cache</cachedir>
</fontconfig>
"""

ARGUMENTS = [
    "--accept-lang=en-US,en",  # otherwise a headless build takes it from the machine, and C is no language of a page
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--no-sandbox",  # root and most containers can't use it, and tests only open our own pages
]


class NoBrowser(Exception):
    """This machine has no browser for the tests, and none could be installed."""


@dataclass(frozen=True)
class Program:
    """A browser's executable, and the environment variables it needs."""

    path: Path
    environment: Mapping[str, str]


@asynccontextmanager
async def browser() -> AsyncIterator[Browser]:
    """Run a headless browser and close it at the end."""
    program = find()
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(
            executable_path=program.path, args=ARGUMENTS, env={**os.environ, **program.environment}
        )
        try:
            yield running
        finally:
            await running.close()


def find() -> Program:
    """Return the browser to use. Raises NoBrowser."""
    if chosen := os.environ.get(VARIABLE):
        if not starts(program := Program(Path(chosen), {})):
            raise NoBrowser(f"{VARIABLE} is {chosen!r}, which does not start")
        return program
    try:
        return packaged()
    except NoBrowser as problem:
        for name in [*NAMES, str(MAC)]:
            if (path := shutil.which(name)) and starts(program := Program(Path(path), {})):
                return program
        raise NoBrowser(
            f"{problem}; none of {', '.join(NAMES)} is on PATH; install Chromium, or name one in {VARIABLE}"
        ) from None


def starts(program: Program) -> bool:
    """Whether the program runs. Some distributions ship a stub that only says how to install the browser."""
    try:
        environment = {**os.environ, **program.environment}
        return subprocess.run([program.path, "--version"], env=environment, capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def packaged() -> Program:
    """Return the npm package's browser, installed and unpacked once for each version of its lock file. Raises NoBrowser."""
    if (machine := f"{platform.system()} {platform.machine()}") != "Linux x86_64":
        raise NoBrowser(f"no browser is packaged for {machine}")
    lock = (PACKAGE / "package-lock.json").read_text()
    ready = UNPACKED / "package-lock.json"
    if not ready.is_file() or ready.read_text() != lock:
        run("npm", "ci", "--no-audit", "--no-fund")
        UNPACKED.mkdir()
        run("node", "unpack.mjs", TMPDIR=str(UNPACKED))
        (UNPACKED / "fonts.conf").write_text(FONTS)
        (UNPACKED / "chromium").chmod(0o755)
        ready.write_text(lock)
    libraries = UNPACKED / "al2023" / "lib"
    fonts = UNPACKED / "fonts.conf"
    program = Program(UNPACKED / "chromium", {"LD_LIBRARY_PATH": str(libraries), "FONTCONFIG_FILE": str(fonts)})
    if not starts(program):
        raise NoBrowser("the packaged browser doesn't start")
    return program


def run(tool: str, *arguments: str, **environment: str) -> None:
    """Run a Node tool in the package's folder. Raises NoBrowser."""
    try:
        node.run(PACKAGE, tool, *arguments, **environment)
    except node.ToolFailed as problem:
        raise NoBrowser(f"the packaged browser can't be installed: {problem}") from None


if __name__ == "__main__":
    try:
        sys.stdout.write(f"The browser of the tests is {find().path}.\n")
    except NoBrowser as problem:
        sys.exit(str(problem))
