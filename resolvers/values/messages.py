"""Messages for people that remember the values in them, so that clients can word them in another language."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Worded(str):
    """A message that remembers the values in it."""

    params: Mapping[str, Any]


def worded(template: str, **params: Any) -> Worded:
    """Return the message of a template, with the values in it."""
    return with_params(template.format(**params), **params)


def with_params(text: str, **params: Any) -> Worded:
    """Return a message that is worded already, with the values in it."""
    message = Worded(text)
    message.params = params
    return message
