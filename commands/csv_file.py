"""CSV files to import: read whole and checked value by value. All problems are reported at once, with their lines and columns.

The format is RFC 4180 in UTF-8, with or without a byte order mark, and with any line ends. The first line names the columns, in any
order. A blank line is skipped.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from commands.failure import Failure
from models.concept import snake
from resolvers.values.text import brief, one_line
from resolvers.writing.input_reader import InputReader
from resolvers.writing.user_errors import ErrorCode, UserErrors

MAX_BYTES: Final = 10 * 1024 * 1024  # 100,000 prices have about half of it
MAX_SHOWN: Final = 1_000  # problems
TOO_LARGE: Final = "{} is larger than 10 MiB. Import it in parts."
NOT_UTF_8: Final = "{} isn't UTF-8 text (line {}). Save it as CSV in UTF-8."
EMPTY: Final = "{} is empty. Its first line must name the columns: {}."


@dataclass(frozen=True, slots=True)
class Line:
    """A line below the header: the number of the line that it starts in, and its values by column."""

    number: int
    values: dict[str, str]


class InvalidFile(Failure):
    """A file has problems. The message has a line for each."""


class Problems:
    """Collects what is wrong with a file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._found: list[tuple[int, str]] = []

    def add(self, code: ErrorCode, message: str, line: int, column: str | None = None) -> None:
        """Add a problem with a line, or with one of its columns."""
        place = f"line {line}" if column is None else f"line {line}, column {column}"
        # A value from the file can have characters that control a terminal.
        self._found.append((line, one_line(f"{place}: {message} ({code})")))

    def read(self, line: Line, reader: Callable[[InputReader], Any]) -> tuple[Any, bool]:
        """Return what `reader` makes of a line, and whether the line is valid. Adds a problem for each error."""
        errors = UserErrors()
        result = reader(InputReader(line.values, errors))
        for error in errors.errors:
            column = snake(error.field[0]) if error.field else None
            self.add(ErrorCode(error.code), error.message, line.number, column)
        return result, not errors.errors

    def raise_if_any(self) -> None:
        """Stop if there are problems. Raises InvalidFile."""
        if not self._found:
            return
        count = len(self._found)
        shown = [text for _, text in sorted(self._found, key=lambda problem: problem[0])[:MAX_SHOWN]]
        more = [f"… and {count - MAX_SHOWN:,} more"] if count > MAX_SHOWN else []
        problems = "1 problem" if count == 1 else f"{count:,} problems"
        raise InvalidFile("\n".join([f"{self._path} has {problems}, so nothing was imported.", *shown, *more]))


def read_lines(path: Path, columns: Sequence[str], problems: Problems) -> list[Line]:
    """Return the lines below the header. Raises InvalidFile if the file can't be read as a table with these columns."""
    records = _records(_text(path), problems)
    header = next(records, None)
    problems.raise_if_any()
    if header is None:
        raise InvalidFile(EMPTY.format(path, ",".join(columns)))
    names = [name.strip() for name in header[1]]
    _check_header(names, columns, header[0], problems)
    return [line for number, values in records if (line := _line(number, values, names, problems))]


def _text(path: Path) -> str:
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise InvalidFile(TOO_LARGE.format(path))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InvalidFile(NOT_UTF_8.format(path, content.count(b"\n", 0, error.start) + 1)) from None


def _records(text: str, problems: Problems) -> Iterator[tuple[int, list[str]]]:
    """Yield each record that isn't blank, with the number of its first line. A quoted value can continue on the next line."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    while True:
        start = reader.line_num + 1
        try:
            record = next(reader, None)
        except csv.Error as error:  # what follows can't be split into records
            problems.add(ErrorCode.INVALID_VALUE, f"This isn't valid CSV: {error}.", start)
            return
        if record is None:
            return
        if record:
            yield start, record


def _check_header(names: Sequence[str], columns: Sequence[str], line: int, problems: Problems) -> None:
    """Raise InvalidFile unless the header has each column once and no other."""
    for name in columns:
        if name not in names:
            problems.add(ErrorCode.REQUIRED, "This column is missing.", line, name)
    for name in dict.fromkeys(names):
        if name not in columns:
            hint = " Separate columns with commas." if ";" in name or "\t" in name else ""
            message = f"The columns are {', '.join(columns)}.{hint}"
            problems.add(ErrorCode.INVALID_VALUE, message, line, brief(name) or "without a name")
        elif names.count(name) > 1:
            problems.add(ErrorCode.TAKEN, "Several columns have this name.", line, name)
    problems.raise_if_any()


def _line(number: int, values: list[str], names: Sequence[str], problems: Problems) -> Line | None:
    """Return a line, or None after adding a problem if it has more or fewer values than there are columns."""
    if len(values) == len(names):
        return Line(number, dict(zip(names, values, strict=True)))
    message = f"This line has {len(values)} values for {len(names)} columns. Quote a value that has a comma."
    problems.add(ErrorCode.INVALID_VALUE, message, number)
    return None
