"""What a mutation is fields: its input, read value by value. Whatever cannot be used is noted as a problem, and reading goes on.

A reader answers None for what is not given, given as null or wrong; `has` tells what was given. GraphQL has checked the types.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, Final

import ada_url
import phonenumbers
from email_validator import EmailNotValidError, validate_email

from resolvers.values import identifiers
from resolvers.values.identifiers import InvalidId
from resolvers.values.text import brief, composed, is_blank, is_line, is_storable, tidied
from resolvers.writing.user_errors import ErrorCode, UserErrors

MAX_URL_LENGTH: Final = 2000  # characters, what browsers and proxies agree on
MAX_EMAIL_LENGTH: Final = 254  # RFC 5321
URL_START: Final = re.compile(r"https?://[^/\\]", re.IGNORECASE)
AUTHORITY: Final = re.compile(r"https?://[^/?#]*", re.IGNORECASE)  # by RFC 3986, where \\ ends nothing as it does in browsers
MAX_PHONE_LENGTH: Final = 32


class InputReader:
    """An input, or one inside it. `path` leads to it."""

    def __init__(self, values: Mapping[str, Any], problems: UserErrors, path: tuple[str, ...] = ()) -> None:
        self.values = values
        self._problems = problems
        self._path = path

    def has(self, name: str) -> bool:
        """Whether the field was given, be it as null."""
        return name in self.values

    def value(self, name: str) -> Any:
        """A value that its type makes good: a number, a switch, a word of an enum."""
        return self.values.get(name)

    def add_error(self, code: ErrorCode, message: str, *path: str) -> None:
        """Note a problem with a field of this input."""
        self._problems.add(code, message, *self._path, *path)

    def text(self, name: str, most: int, *, required: bool = True, lines: bool = False) -> str | None:
        """A text of at most `most` characters, in the form in which texts are stored: one line, or `lines`. A blank one is none."""
        return self._text(name, most, composed if lines else tidied, required=required, lines=lines)

    def _text(self, name: str, most: int, form: Callable[[str], str], *, required: bool, lines: bool = False) -> str | None:
        text = form(self.values.get(name) or "")
        if is_blank(text):
            if required:
                self.add_error(ErrorCode.REQUIRED, "This cannot be blank.", name)
            return None
        if len(text) > most:
            self.add_error(ErrorCode.TOO_LONG, f"This has {len(text)} characters; {most} are the most.", name)
            return None
        if not is_storable(text) or not (lines or is_line(text)):
            self.add_error(ErrorCode.INVALID_TEXT, "This has a character that text cannot have here.", name)
            return None
        return text

    def email(self, name: str, *, required: bool = False) -> str | None:
        """An e-mail address that every mail server takes: ASCII, its domain as DNS has it. Nobody is fields whether it exists."""
        text = self.text(name, MAX_EMAIL_LENGTH, required=required)
        if text is None:
            return None
        try:
            return validate_email(text, check_deliverability=False, allow_smtputf8=False).ascii_email
        except EmailNotValidError:
            self.add_error(ErrorCode.INVALID_VALUE, "This is no e-mail address.", name)
            return None

    def url(self, name: str, *, required: bool = False) -> str | None:
        """The address of a page on the web, by http or https."""
        text = self._text(name, MAX_URL_LENGTH, str.strip, required=required)
        if text is None:
            return None
        if not _is_web_address(text):
            self.add_error(ErrorCode.INVALID_VALUE, "This is no web address, such as https://www.example.com/.", name)
            return None
        return text

    def phone(self, name: str, *, required: bool = False) -> str | None:
        """A telephone number with its country code, as ITU E.123 writes it."""
        text = self.text(name, MAX_PHONE_LENGTH, required=required)
        if text is None:
            return None
        try:
            number = phonenumbers.parse(text, None)
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_possible_number(number):
            self.add_error(
                ErrorCode.INVALID_VALUE, "This is no telephone number with its country code, such as +49 69 5550100.", name
            )
            return None
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)

    def choice(self, name: str, allowed: Collection[Any]) -> Any:
        """A value out of a few."""
        value = self.values.get(name)
        if value is not None and value not in allowed:
            listed = ", ".join(str(each) for each in allowed)
            self.add_error(ErrorCode.INVALID_VALUE, f"{brief(str(value))} cannot be chosen here; choose of {listed}.", name)
            return None
        return value

    def enum_values(self, name: str, most: int, allowed: Collection[str]) -> list[str]:
        """The words of a list, each once; `allowed` are those that can be chosen."""
        given: Sequence[str] = self.values.get(name) or ()
        if len(given) > most:
            self.add_error(ErrorCode.TOO_MANY, f"These are {len(given)}; {most} are the most.", name)
            return []
        for index, word in enumerate(given):
            if word not in allowed:
                self.add_error(ErrorCode.INVALID_VALUE, "There is nothing of this name to be chosen.", name, str(index))
        return [word for word in dict.fromkeys(given) if word in allowed]

    def key(self, name: str, entity: str) -> Any:
        """The key in a global id of a thing of one type."""
        text = self.values.get(name)
        if text is None:
            return None
        try:
            return identifiers.parse(text, name, entity).key
        except InvalidId:
            self.add_error(ErrorCode.INVALID_ID, "This is no id of a thing that can be used here.", name)
            return None

    def nested(self, name: str) -> InputReader | None:
        """An input inside this one."""
        values = self.values.get(name)
        return None if values is None else InputReader(values, self._problems, (*self._path, name))

    def nested_or_empty(self, name: str) -> InputReader:
        """An input inside this one, without any value where it was not given."""
        return InputReader(self.values.get(name) or {}, self._problems, (*self._path, name))

    def nested_list(self, name: str, most: int) -> Sequence[InputReader]:
        """The inputs of a list inside this one, none if there are more than `most`."""
        values = self.values.get(name) or ()
        if len(values) > most:
            self.add_error(ErrorCode.TOO_MANY, f"These are {len(values)}; {most} are the most.", name)
            return ()
        return [InputReader(each, self._problems, (*self._path, name, str(index))) for index, each in enumerate(values)]


def _is_web_address(text: str) -> bool:
    """Whether a browser takes a text for an absolute http or https address. One with credentials, or without `//`, is refused."""
    if not URL_START.match(text) or any(map(str.isspace, text)):
        return False
    try:
        url = ada_url.URL(text)
    except ValueError:
        return False
    if url.username or url.password or "@" in AUTHORITY.match(text)[0]:  # type: ignore[index]  # it begins as BEGINNING
        return False
    # ada leaves a label of Punycode as it is where it stands for nothing; browsers refuse it.
    return url.port != "0" and not any(label.startswith("xn--") for label in ada_url.idna_to_unicode(url.hostname).split("."))
