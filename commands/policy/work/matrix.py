"""A table of every field and action by class of viewers, and the generated pages of docs/policy/."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Final

import typer

import server
from commands.failure import Failure
from commands.policy.formats import PageFormat
from commands.policy.markdown import markdown
from commands.policy.page import page
from commands.policy.work.kinds import NAME as SENSITIVE_DATA
from commands.policy.work.kinds import sensitive_data
from policies.analysis.matrix import Table
from policies.analysis.matrix import matrix as tables_of
from policies.evaluation.policy import Policy

DOCS: Final = Path(__file__).parents[3] / "docs" / "policy"
NAME: Final = "policy-matrix"
WRITERS: Final[dict[PageFormat, Callable[[Iterable[Table]], str]]] = {PageFormat.MD: markdown, PageFormat.HTML: page}


def matrix(format: PageFormat, output: Path | None, *, check: bool) -> None:  # noqa: A002 (the option's name)
    """Print the matrix, write all pages to a directory, or check those in docs/policy/. Raises Failure if one is out of date."""
    policy = server.load_policy()
    if check:
        _check(_files(policy))
    elif output is not None:
        output.mkdir(parents=True, exist_ok=True)
        for name, text in _files(policy).items():
            (output / name).write_text(text, "utf-8")
    else:
        typer.echo(WRITERS[format](tables_of(policy)), nl=False)


def _files(policy: Policy) -> dict[str, str]:
    """Return the pages of docs/policy/ that are generated from the policy, by file name."""
    tables = tables_of(policy)
    return {SENSITIVE_DATA: sensitive_data(policy), **{f"{NAME}.{ending}": write(tables) for ending, write in WRITERS.items()}}


def _check(files: Mapping[str, str]) -> None:
    """Check the pages in docs/. Raises Failure if one is missing or out of date."""
    paths = {DOCS / name: text for name, text in files.items()}
    outdated = [path.name for path, text in paths.items() if not path.is_file() or path.read_text("utf-8") != text]
    if outdated:
        raise Failure(
            f"Out of date in docs/policy/: {', '.join(outdated)}. If this is intended, update them: "
            "crossgate policy matrix --output docs/policy"
        )
