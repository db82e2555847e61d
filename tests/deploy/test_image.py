"""The image: its Dockerfile is sound, and the files that it copies are all that the gateway needs to serve."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests import plain_http
from tests.commands.process import environment
from tests.free_port import free_port
from tests.mailbox import PATIENCE

ROOT: Final = Path(__file__).parents[2]
DOCKERFILE: Final = (ROOT / "Dockerfile").read_text("utf-8")
TOOLS: Final = ROOT / ".venv" / "deploy-tools" / "bin"
COPY: Final = re.compile(r"^COPY (--from=\S+ )?(.+) (\S+)$", re.MULTILINE)
BUILT: Final = {"/app/portal/dist": "portal/dist", "/app/portal/kit/dist": "portal/kit/dist"}  # by the stage of assets
OWN: Final = {path.stem for path in ROOT.glob("*.py")} | {path.name for path in ROOT.iterdir() if path.is_dir()}
SKIPPED: Final = shutil.ignore_patterns("node_modules", "*.pyc.*")  # the image has its bytecode, as the copy does


def last_stage() -> str:
    """The part of the Dockerfile that makes the image."""
    return DOCKERFILE[DOCKERFILE.rindex("\nFROM ") :]


def copied() -> Iterator[tuple[str, str]]:
    """Each file or folder of the image, as its source in the checkout and its target."""
    for stage, sources, target in COPY.findall(last_stage()):
        for source in sources.split():
            if not stage:
                yield source, target if target != "./" else source
            elif source in BUILT:
                yield BUILT[source], target


def test_dockerfile_passes_the_linter() -> None:
    """hadolint finds nothing in the Dockerfile, neither in its instructions nor in its shell commands."""
    done = subprocess.run([TOOLS / "hadolint", "Dockerfile"], check=False, cwd=ROOT, capture_output=True, text=True)

    assert (0, "") == (done.returncode, done.stdout)


def test_everything_that_is_copied_exists() -> None:
    """Each source of a COPY is in the repository, and .dockerignore lets it into the build."""
    sources = [source for stage, all_, _ in COPY.findall(DOCKERFILE) if not stage for source in all_.split()]
    allowed = {line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    tracked = subprocess.run(["git", "ls-files"], check=True, cwd=ROOT, capture_output=True, text=True).stdout.splitlines()

    assert sources
    assert [] == [source for source in sources if not any(f"{path}/".startswith(f"{source}/") for path in tracked)]
    assert [] == [
        source
        for source in sources
        if not any(f"{source}/".startswith(f"{path}/") for path in allowed)
        and not (source.endswith(".py") and "*.py" in allowed)
    ]


def test_image_is_confined() -> None:
    """It runs as a user without a name in the system, reports its health, and writes no bytecode at run time."""
    stage = last_stage()

    assert re.search(r"^USER 10001:10001$", stage, re.MULTILINE)
    assert "HEALTHCHECK" in stage
    assert "PYTHONDONTWRITEBYTECODE=1" in stage
    assert "ADD " not in DOCKERFILE
    assert [] == re.findall(r"^FROM \S+:latest|^FROM [^:\s]+$", DOCKERFILE.replace("FROM base", ""), re.MULTILINE)


def test_image_has_the_version_of_uv_that_developers_have() -> None:
    """The lock file is read by the same version of uv in the image and in the checkout."""
    makefile = (ROOT / "Makefile").read_text("utf-8")
    [version] = re.findall(r"^UV_VERSION := (\S+)$", makefile, re.MULTILINE)

    assert {version} == set(re.findall(r"uv==(\S+)", DOCKERFILE))


def test_image_has_every_package_that_is_imported() -> None:
    """Nothing that the image copies imports a package of the development group, which the image doesn't have."""
    lock = tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))
    packages = {package["name"]: package for package in lock["package"]}
    installed = closure("crossgate", packages)
    distributions = packages_distributions()
    missing = {
        module: distributions[module]
        for source, _ in copied()
        for path in ([ROOT / source] if source.endswith(".py") else (ROOT / source).rglob("*.py"))
        for module in imported(path)
        if module in distributions and module not in OWN
        if not {normalized(name) for name in distributions[module]} & installed
    }

    assert {} == missing


def closure(name: str, packages: dict[str, Any]) -> set[str]:
    """Return a package's dependencies and theirs, with the extras that each wants, without the development group."""
    found: set[tuple[str, str | None]] = set()
    waiting: list[tuple[str, str | None]] = [(name, None)]
    while waiting:
        package, extra = waiting.pop()
        if (package, extra) in found:
            continue
        found.add((package, extra))
        entry = packages[package]
        needed = entry.get("dependencies", ()) if extra is None else entry.get("optional-dependencies", {}).get(extra, ())
        waiting += [(each["name"], wanted) for each in needed for wanted in (None, *each.get("extra", ()))]
    return {package for package, _ in found}


def normalized(name: str) -> str:
    """Return a package's name as lock files have it."""
    return re.sub(r"[-_.]+", "-", name).lower()


def imported(path: Path) -> set[str]:
    """Return the top-level modules that a file imports."""
    nodes = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module or "" for node in nodes if isinstance(node, ast.ImportFrom) and not node.level]
    return {name.partition(".")[0] for name in names}


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """The files of the image, in a folder."""
    folder = tmp_path / "app"
    for source, target in copied():
        (folder / target).parent.mkdir(parents=True, exist_ok=True)
        if (ROOT / source).is_dir():
            shutil.copytree(ROOT / source, folder / target, ignore=SKIPPED)
        else:
            shutil.copy(ROOT / source, folder / target)
    return folder


def test_files_of_the_image_are_enough_to_serve(image: Path, demo_url: str, tmp_path: Path) -> None:
    """The gateway starts from the copied files alone, serves GraphQL and its pages, and writes nothing next to them."""
    port, data_dir = free_port(), tmp_path / "data"
    data_dir.mkdir()
    before = {path: path.stat().st_mtime_ns for path in image.rglob("*")}
    variables = environment(data_dir, demo_url) | {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": str(image)}
    command = [sys.executable, "-m", "commands", "serve", "--port", str(port)]
    with subprocess.Popen(command, cwd=image, env=variables, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            ready = until_ready(f"http://127.0.0.1:{port}/readyz", process)
            urls = ("/graphql?query={__typename}", "/", "/account/sign-in", "/livez")
            answers = {url: plain_http.get(f"http://127.0.0.1:{port}{url}").status_code for url in urls}
        finally:
            process.terminate()

    assert "ready" == ready["status"]
    assert dict.fromkeys(urls, 200) == answers
    assert before == {path: path.stat().st_mtime_ns for path in image.rglob("*")}
    assert {"signing-key.pem"} == {path.name for path in data_dir.iterdir()}


def until_ready(url: str, process: subprocess.Popen[bytes]) -> dict[str, str]:
    """Return the answer of a gateway once it's ready."""
    deadline = time.monotonic() + 2 * PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        try:
            response = plain_http.get(url)
        except httpx.TransportError:
            time.sleep(0.2)
        else:
            answer: dict[str, str] = response.json()
            return answer
    raise AssertionError(f"the gateway didn't start; its exit code is {process.returncode}")
