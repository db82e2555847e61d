"""The browser of the tests: the system's Chromium or Chrome, else one from an npm package.

A test that needs a browser never skips: without one, NoBrowser says what was searched. The packaged one is a
headless build for Linux on x86_64 that brings all libraries but glibc, so it needs neither root nor any system package.
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
NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "microsoft-edge"]
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
        if not starts(chosen):
            raise NoBrowser(f"{VARIABLE} is {chosen!r}, which does not start")
        return Program(Path(chosen), {})
    for name in [*NAMES, str(MAC)]:
        if (path := shutil.which(name)) and starts(path):
            return Program(Path(path), {})
    if (machine := f"{platform.system()} {platform.machine()}") != "Linux x86_64":
        raise NoBrowser(
            f"no browser for the tests: none of {', '.join(NAMES)} on PATH, and none is packaged for {machine}; "
            f"install Chromium, or name one in {VARIABLE}"
        )
    return packaged()


def starts(path: str) -> bool:
    """Whether the program runs. Some distributions ship a stub that only says how to install the browser."""
    try:
        return subprocess.run([path, "--version"], capture_output=True, timeout=60).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def packaged() -> Program:
    """Return the npm package's browser, installed and unpacked once for each version of its lock file."""
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
    return Program(UNPACKED / "chromium", {"LD_LIBRARY_PATH": str(libraries), "FONTCONFIG_FILE": str(fonts)})


def run(tool: str, *arguments: str, **environment: str) -> None:
    """Run a Node tool in the package's folder. Raises NoBrowser."""
    try:
        node.run(PACKAGE, tool, *arguments, **environment)
    except node.ToolFailed as problem:
        raise NoBrowser(f"no browser on this machine, and {problem}") from None


if __name__ == "__main__":
    try:
        sys.stdout.write(f"The browser of the tests is {find().path}.\n")
    except NoBrowser as problem:
        sys.exit(str(problem))
