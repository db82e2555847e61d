"""Reads and validates the input of a mutation, value by value. An invalid value adds an error, and reading continues.

Methods return None for fields that are absent, null or invalid; use `has` to check presence. GraphQL has already checked the types.
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
from resolvers.values.messages import worded
from resolvers.values.money import InvalidAmount, exact_minor_units
from resolvers.values.text import brief, composed, is_blank, is_line, is_storable, tidied
from resolvers.writing.user_errors import ErrorCode, UserErrors

MAX_URL_LENGTH: Final = 2000  # characters that all common browsers and proxies accept
MAX_EMAIL_LENGTH: Final = 254  # RFC 5321
URL_START: Final = re.compile(r"https?://[^/\\]", re.IGNORECASE)
AUTHORITY: Final = re.compile(r"https?://[^/?#]*", re.IGNORECASE)  # by RFC 3986, where \\ ends nothing as it does in browsers
MAX_PHONE_LENGTH: Final = 32
TOO_LONG: Final = "Must be {limit} characters or fewer (got {length})."
NOT_ALLOWED: Final = "{value} isn't allowed here. Use one of: {choices}."
TOO_MANY_ITEMS: Final = "Must have {limit} items or fewer (got {count})."


class InputReader:
    """An input object, or one nested in it at `path`."""

    def __init__(self, values: Mapping[str, Any], errors: UserErrors, path: tuple[str, ...] = ()) -> None:
        self.values = values
        self._errors = errors
        self._path = path

    @property
    def place(self) -> list[str] | None:
        """The path of this input, as errors name it. None if it's the whole input."""
        return list(self._path) or None

    def has(self, name: str) -> bool:
        """Return True if the field is present, even if null."""
        return name in self.values

    def value(self, name: str) -> Any:
        """Return a value that needs no validation beyond its GraphQL type, such as a number, a Boolean or an enum value."""
        return self.values.get(name)

    def add_error(self, code: ErrorCode, message: str, *path: str) -> None:
        """Add an error for a field of this input."""
        self._errors.add(code, message, *self._path, *path)

    def text(self, name: str, max_length: int, *, required: bool = True, lines: bool = False) -> str | None:
        """Read text in the form in which it is stored: one line, or several with `lines`. Blank text is read as None."""
        return self._text(name, max_length, composed if lines else tidied, required=required, lines=lines)

    def _text(
        self, name: str, max_length: int, form: Callable[[str], str], *, required: bool, lines: bool = False
    ) -> str | None:
        text = form(self.values.get(name) or "")
        if is_blank(text):
            if required:
                self.add_error(ErrorCode.REQUIRED, "Can't be blank.", name)
            return None
        if len(text) > max_length:
            self.add_error(ErrorCode.TOO_LONG, worded(TOO_LONG, limit=max_length, length=len(text)), name)
            return None
        if not is_storable(text) or not (lines or is_line(text)):
            self.add_error(ErrorCode.INVALID_TEXT, "Contains a character that isn't allowed here.", name)
            return None
        return text

    def email(self, name: str, *, required: bool = False) -> str | None:
        """Read an email address that every mail server accepts: ASCII, with its domain as in DNS. Doesn't check that it exists."""
        text = self.text(name, MAX_EMAIL_LENGTH, required=required)
        if text is None:
            return None
        try:
            return validate_email(text, check_deliverability=False, allow_smtputf8=False).ascii_email
        except EmailNotValidError:
            self.add_error(ErrorCode.INVALID_VALUE, "Enter a valid email address.", name)
            return None

    def url(self, name: str, *, required: bool = False) -> str | None:
        """Read an absolute http or https URL."""
        text = self._text(name, MAX_URL_LENGTH, str.strip, required=required)
        if text is None:
            return None
        if not _is_web_address(text):
            self.add_error(ErrorCode.INVALID_VALUE, "Enter a valid URL, such as https://www.example.com/.", name)
            return None
        return text

    def phone(self, name: str, *, required: bool = False) -> str | None:
        """Read a phone number with its country code, and return it in ITU E.123 notation."""
        text = self.text(name, MAX_PHONE_LENGTH, required=required)
        if text is None:
            return None
        try:
            number = phonenumbers.parse(text, None)
        except phonenumbers.NumberParseException:
            number = None
        if number is None or not phonenumbers.is_possible_number(number):
            self.add_error(
                ErrorCode.INVALID_VALUE, "Enter a valid phone number with its country code, such as +49 69 5550100.", name
            )
            return None
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.INTERNATIONAL)

    def amount(self, name: str, currency: str) -> int | None:
        """Read an exact amount of money, and return it in minor units."""
        amount = self.values.get(name)
        if amount is None:
            return None
        try:
            return exact_minor_units(amount, currency)
        except InvalidAmount as invalid:
            self.add_error(ErrorCode.INVALID_VALUE, invalid.message, name)
            return None

    def choice(self, name: str, allowed: Collection[Any]) -> Any:
        """Read a value that must be one of `allowed`."""
        value = self.values.get(name)
        if value is not None and value not in allowed:
            choices = ", ".join(map(str, allowed))
            message = worded(NOT_ALLOWED, value=brief(str(value)), choices=choices)
            self.add_error(ErrorCode.INVALID_VALUE, message, name)
            return None
        return value

    def enum_values(self, name: str, max_items: int, allowed: Collection[str]) -> list[str]:
        """Read a list of codes, each of which must be one of `allowed`. Removes duplicates."""
        codes = self._items(name, max_items)
        for index, code in enumerate(codes):
            if code not in allowed:
                self.add_error(ErrorCode.INVALID_VALUE, "Unknown option.", name, str(index))
        return [code for code in dict.fromkeys(codes) if code in allowed]

    def texts(self, name: str, max_items: int, max_length: int) -> list[str]:
        """Read a list of lines of text. Removes duplicates."""
        items = self._by_place(name, max_items)
        read = [items.text(place, max_length) for place in items.values]
        return [line for line in dict.fromkeys(read) if line is not None]

    def keys(self, name: str, entity: str, max_items: int) -> list[tuple[str, Any]]:
        """Read a list of global ids of objects of type `entity`, and return the position and the key of each valid one."""
        items = self._by_place(name, max_items)
        return [(place, key) for place in items.values if (key := items.key(place, entity)) is not None]

    def key(self, name: str, entity: str) -> Any:
        """Read the global id of an object of type `entity`, and return its key."""
        text = self.values.get(name)
        if text is None:
            return None
        try:
            return identifiers.parse(text, name, entity).key
        except InvalidId:
            self.add_error(ErrorCode.INVALID_ID, "Not a valid ID for this field.", name)
            return None

    def nested(self, name: str) -> InputReader | None:
        """Return a nested input, or None if it is absent or null."""
        values = self.values.get(name)
        return None if values is None else InputReader(values, self._errors, (*self._path, name))

    def nested_or_empty(self, name: str) -> InputReader:
        """Return a nested input, without values if it is absent or null."""
        return InputReader(self.values.get(name) or {}, self._errors, (*self._path, name))

    def nested_list(self, name: str, max_items: int) -> Sequence[InputReader]:
        """Return the inputs of a nested list; none, and an error, if there are more than `max_items`."""
        items = enumerate(self._items(name, max_items))
        return [InputReader(item, self._errors, (*self._path, name, str(index))) for index, item in items]

    def _by_place(self, name: str, max_items: int) -> InputReader:
        """Return a reader of the items of a list, which are named by their positions."""
        items = {str(place): item for place, item in enumerate(self._items(name, max_items))}
        return InputReader(items, self._errors, (*self._path, name))

    def _items(self, name: str, max_items: int) -> Sequence[Any]:
        """Return the items of a list; none, and an error, if there are more than `max_items`."""
        items: Sequence[Any] = self.values.get(name) or ()
        if len(items) <= max_items:
            return items
        self.add_error(ErrorCode.TOO_MANY, worded(TOO_MANY_ITEMS, limit=max_items, count=len(items)), name)
        return ()


def _is_web_address(text: str) -> bool:
    """Whether browsers accept the text as an absolute http(s) URL. Refuses URLs with credentials and URLs without `//`."""
    if not URL_START.match(text) or any(map(str.isspace, text)):
        return False
    try:
        url = ada_url.URL(text)
    except ValueError:
        return False
    if url.username or url.password or "@" in AUTHORITY.match(text)[0]:  # type: ignore[index]  # it matches URL_START
        return False
    # ada keeps invalid Punycode labels as they are, but browsers refuse them.
    return url.port != "0" and not any(label.startswith("xn--") for label in ada_url.idna_to_unicode(url.hostname).split("."))
