"""The compose file: valid, confined, and with settings and commands that exist. No container runs here."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from commands.__main__ import MODULES
from settings import Settings, variable

ROOT: Final = Path(__file__).parents[2]
TOOLS: Final = ROOT / ".venv" / "deploy-tools" / "bin"
FILE: Final = yaml.safe_load((ROOT / "compose.yaml").read_text("utf-8"))
OURS: Final = ("gateway", "worker")
DEFAULT: Final = re.compile(r"\$\{\w+:-([^}]*)\}")
VARIABLES: Final = {variable(field): field for field in Settings.model_fields}


def services() -> dict[str, Any]:
    """The services by name."""
    found: dict[str, Any] = FILE["services"]
    return found


def variables_of(name: str) -> dict[str, str]:
    """The environment of a service, with the defaults of what the file takes from outside."""
    return {key: DEFAULT.sub(r"\1", str(value)) for key, value in services()[name]["environment"].items()}


def test_file_follows_the_specification() -> None:
    """The compose specification's schema accepts the file."""
    command: list[str | Path] = [TOOLS / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", "compose.yaml"]
    done = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True)

    assert 0 == done.returncode, done.stdout


@pytest.mark.parametrize("name", OURS)
def test_settings_exist_and_are_valid(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each variable is a setting or a standard one of OpenTelemetry, and the gateway accepts the values."""
    for key in VARIABLES:
        monkeypatch.delenv(key, raising=False)
    given = variables_of(name)
    for key, value in given.items():
        monkeypatch.setenv(key, value)
    settings = Settings.load()

    assert [] == [key for key in given if key not in VARIABLES and not key.startswith("OTEL_")]
    assert not settings.development
    assert ("database", 9464) == (str(settings.database_url).partition("@")[2].partition("/")[0], settings.metrics_port)


@pytest.mark.parametrize("name", OURS)
def test_processes_are_confined(name: str) -> None:
    """Gateway and worker have no rights, a read-only file system, and time to finish their requests."""
    service = services()[name]

    assert (True, ["ALL"], ["no-new-privileges:true"], ["/tmp"]) == (  # noqa: S108 (a path in the container)
        service["read_only"],
        service["cap_drop"],
        service["security_opt"],
        service["tmpfs"],
    )
    assert int(service["stop_grace_period"].removesuffix("s")) > Settings.model_fields["shutdown_timeout"].default


def test_commands_exist() -> None:
    """Each command of a service is a subcommand of `crossgate`."""
    called = [services()[name].get("command", ["serve"])[0] for name in OURS]

    assert ["serve", "worker"] == called
    assert set(called) <= set(MODULES)


def test_only_this_machine_reaches_the_services() -> None:
    """Ports are published on the loopback address only, and neither the database nor metrics are published."""
    published = {name: service.get("ports", []) for name, service in services().items()}

    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)
    assert {"gateway": ["127.0.0.1:8000:8000"], "mail": ["127.0.0.1:8025:8025"]} == {
        name: ports for name, ports in published.items() if ports
    }


def test_what_services_name_exists() -> None:
    """Volumes are declared, dependencies are services, and images have versions."""
    named = {volume.partition(":")[0] for service in services().values() for volume in service.get("volumes", [])}
    needed = {each for service in services().values() for each in service.get("depends_on", {})}

    assert set(FILE["volumes"]) == named
    assert needed <= services().keys()
    assert all(":" in service["image"] and not service["image"].endswith(":latest") for service in services().values())
