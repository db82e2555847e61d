"""The page of settings: each with its default and meaning."""

from __future__ import annotations

from typing import Any, Final

from pydantic.fields import FieldInfo

from settings import SHOWN, Settings, variable

INTRODUCTION: Final = """\
# Settings

Configure the gateway with environment variables. It doesn't start with an invalid value; the message names the variable and what is
wrong.

[Your own PostgreSQL](postgresql.md) explains `DATABASE_URL`, and [Limits](limits.md) each limit. `crossgate settings` prints this
page.

| variable | default | meaning |
|---|---|---|
"""


def page() -> str:
    """The page, as Markdown."""
    rows = (
        f"| `{variable(name)}` | {_default(field)} | {field.description} |\n" for name, field in Settings.model_fields.items()
    )
    return INTRODUCTION + "".join(rows)


def _default(field: FieldInfo) -> str:
    """A default as the environment would have it."""
    if isinstance(field.json_schema_extra, dict):
        return str(field.json_schema_extra[SHOWN])
    return _written(field.default)


def _written(value: Any) -> str:
    if value is None or value == ():
        return "none"
    text = ",".join(value) if isinstance(value, tuple) else str(value)
    return f"`{text.lower() if isinstance(value, bool) else text}`"
