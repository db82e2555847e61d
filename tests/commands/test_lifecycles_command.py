"""`crossgate lifecycles` prints every lifecycle and checks the committed page."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from commands.failure import Failure
from commands.lifecycles import PAGE, app, lifecycles
from models import STAGED
from tests.commands.process import run_subprocess

MODULE = sys.modules["commands.lifecycles"]
PORT = """\
## Port

`status`, initially `REQUESTED`; final: `DECOMMISSIONED`, `CANCELLED`.

- `REQUESTED` waits for the `OPERATOR`.
- `ALLOCATED` waits for the `OPERATOR`.

```mermaid
stateDiagram-v2
    [*] --> REQUESTED
    REQUESTED --> ALLOCATED: allocate
    REQUESTED --> CANCELLED: cancel
    ALLOCATED --> ACTIVE: activate
    ALLOCATED --> CANCELLED: cancel
    ACTIVE --> DISABLED: disable
    ACTIVE --> DECOMMISSIONED: decommission
    DISABLED --> ACTIVE: enable
    DISABLED --> DECOMMISSIONED: decommission
    DECOMMISSIONED --> [*]
    CANCELLED --> [*]
```

| step | from | to | action | who takes it |
|---|---|---|---|---|
| allocate | `REQUESTED` | `ALLOCATED` | `ALLOCATE` | The operator's staff allocates a port and activates it. |
"""
ANSWER = "| deny | `PENDING` | `DENIED` | `ANSWER` | The provider or its partner can accept or deny a request. |\n"
DUE = "- `PENDING` waits for the `PARTNER`, until `expiresAt`.\n- From `expiresAt` on, the step expire counts as taken.\n"
EXPIRE = "| expire | `PENDING` | `EXPIRED` | | the system |\n"


def test_committed_page_is_the_output_of_the_command(tmp_path: Path) -> None:
    """The page equals the output, and `--check` prints nothing."""
    printed = run_subprocess("lifecycles", data_dir=tmp_path)
    checked = CliRunner().invoke(app, ["--check"])

    assert (0, PAGE.read_text("utf-8"), "") == (printed.returncode, printed.stdout, printed.stderr)
    assert (0, "") == (checked.exit_code, checked.output)


def test_page_has_every_lifecycle_with_its_steps_A44_V13_V16() -> None:
    """Each model with a lifecycle has a section, with a diagram, whom it waits for and who takes each step."""
    text = PAGE.read_text("utf-8")

    assert [model.__name__ for model in STAGED] == [line[3:] for line in text.splitlines() if line.startswith("## ")]
    assert all(part in text for part in (PORT, ANSWER, DUE, EXPIRE))


@pytest.mark.parametrize("written", [None, "# Lifecycles\n"])
def test_outdated_page_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, written: str | None) -> None:
    """`--check` fails if the page is missing or differs, and says how to update it."""
    monkeypatch.setattr(MODULE, "PAGE", tmp_path / "lifecycles.md")
    if written is not None:
        (tmp_path / "lifecycles.md").write_text(written, "utf-8")

    with pytest.raises(
        Failure, match=r"out of date\. If this is intended, update it: crossgate lifecycles > docs/lifecycles\.md"
    ):
        lifecycles(check=True)
