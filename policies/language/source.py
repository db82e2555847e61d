"""Rules as parsed from the policy files: head, body, place, the comment above them, their reason, and the fields they name."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from policies.errors import PolicyError
from policies.language import syntax
from policies.language.rule_parts import split_body
from policies.language.syntax import RuleReader
from policies.language.tokens import Token, tokenize
from policies.reason import Reason
from policies.suggestions import unknown_message

ROW_RULES: Final = frozenset(("allow", "deny"))
FIELD_RULES: Final = frozenset(("allow_field", "deny_field"))
DECISIONS: Final = ROW_RULES | FIELD_RULES
ABILITIES: Final = frozenset(("ability", "deny_ability"))
NEVER_KIND: Final = "never_kind"
EXEMPT: Final = "exempt"
OF_VIEWERS: Final = ABILITIES | {NEVER_KIND}  # rules that only the viewer's shape decides
FOLDERS: Final = ("invariants",)
"""The subfolders of a policy whose files are read too. `crossgate policy prove` reads them."""
_ENDING: Final = ".polar"
_ANNOTATION: Final = "@reason"


@dataclass(frozen=True, slots=True)
class Text:
    """A policy file's name and content."""

    file: str
    content: str


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of a rule's head: a variable, optionally typed, or a literal."""

    name: str | None = None
    type: str | None = None
    literal: str | None = None

    def __str__(self) -> str:
        if self.literal is not None:
            return f'"{self.literal}"'
        return f"{self.name}: {self.type}" if self.type else str(self.name)


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `fields` holds the names that a field rule states, or None if it covers all fields.

    `parts` holds the conditions that its body joins with `and`, as written, one for each goal of the body.
    """

    name: str
    arguments: tuple[Argument, ...]
    body: syntax.Goal | None
    file: str
    line: int
    start: int
    comment: str = ""
    reason: Reason | None = None
    fields: tuple[str, ...] | None = ()
    parts: tuple[str, ...] = ()

    def __hash__(self) -> int:
        """Hash the place alone: it tells rules apart, and the tree of a body is slow to hash."""
        return hash((self.file, self.start))

    @property
    def text(self) -> str:
        """The whole rule as written, on one line."""
        head = f"{self.name}({', '.join(map(str, self.arguments))})"
        return f"{head} if {' and '.join(self.parts)};" if self.parts else f"{head};"

    @property
    def goals(self) -> tuple[syntax.Goal, ...]:
        """The goal of each part."""
        if self.body is None:
            return ()
        return self.body.goals if isinstance(self.body, syntax.All) else (self.body,)

    @property
    def place(self) -> str:
        """The location of the head, as FILE:LINE."""
        return f"{self.file}:{self.line}"

    @property
    def entity(self) -> str | None:
        """The type that an allow or deny rule is about."""
        return self.arguments[2].type if len(self.arguments) > 2 else None

    def concerns(self, entity: str, action: str) -> bool:
        """Return True if the rule can apply to this type and action."""
        return self.entity == entity and self.arguments[1].literal in (None, action)

    def names(self, field: str) -> bool:
        """Return True if the rule covers this field."""
        return self.fields is None or field in self.fields


def read_texts(directory: Path) -> tuple[Text, ...]:
    """Read all policy files of a directory, sorted by name. Raises PolicyError for an unreadable or misplaced file."""
    files = policy_files(directory)
    if not files:
        raise PolicyError(f"{directory} contains no policy. Add at least one .polar file.")
    refuse_unread(directory)
    return tuple(Text(path.name, _content(path)) for path in files)


def refuse_unread(directory: Path) -> None:
    """Raise PolicyError for each file that looks like policy but is never read: its denials would have no effect."""
    unread = unread_files(directory)
    if unread:
        wanted = f"Policy files are named NAME.polar and lie in the policy folder itself or in {', '.join(FOLDERS)}/"
        raise PolicyError("\n".join(f"{name}: This file isn't read. {wanted}. Move, rename or remove it." for name in unread))


def unread_files(directory: Path) -> tuple[str, ...]:
    """Return the files under a directory that look like policy, in any case and folder, but are never read."""
    read = {path.resolve() for folder in (directory, *(directory / name for name in FOLDERS)) for path in policy_files(folder)}
    above = [Path(folder) / name for folder, folders, files in os.walk(directory) for name in (*folders, *files)]
    alike = [path for path in above if path.name.strip().casefold().endswith(_ENDING) and path.exists()]
    return tuple(sorted(str(path.relative_to(directory)) for path in alike if path.resolve() not in read))


def policy_files(folder: Path) -> list[Path]:
    """Return the policy files of a folder, sorted by name. Hidden files don't count."""
    return sorted(path for path in folder.glob(f"*{_ENDING}") if path.is_file() and not path.name.startswith("."))


def _content(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except UnicodeDecodeError as error:
        raise PolicyError(f"{path.name}: byte {error.start} isn't valid UTF-8: save the file as UTF-8 text") from None
    except OSError:
        raise PolicyError(f"{path.name}: the file can't be read: check its permissions") from None


def digest(texts: tuple[Text, ...]) -> str:
    """Return a short hash of these texts."""
    content = "\0".join(part for text in texts for part in (text.file, text.content))
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def parse(text: Text) -> tuple[Rule, ...]:
    """Parse the rules of a file, in file order."""
    rules: list[Rule] = []
    sentence, last = "", 0
    for tokens in _statements(tokenize(text.content, text.file)):
        head = next(token for token in tokens if token.kind != "comment")
        comments = _directly_above([token for token in tokens if token.line != last], head)
        if comments or head.line > last + 1:
            sentence = " ".join(token.text for token in comments if not token.text.startswith(_ANNOTATION))
        rules.append(_rule([token for token in tokens if token.kind != "comment"], sentence, _reason(comments)))
        last = tokens[-1].line
    return tuple(rules)


def _statements(tokens: list[Token]) -> Iterator[list[Token]]:
    """Yield the tokens of each rule, including the comments above it and the closing `;`."""
    statement: list[Token] = []
    for token in tokens:
        statement.append(token)
        if token.kind == "symbol" and token.text == ";":
            yield statement
            statement = []
    if any(token.kind not in ("comment", "end") for token in statement):
        yield statement


def _directly_above(tokens: list[Token], head: Token) -> list[Token]:
    """Return the comment lines directly above the head, from top to bottom."""
    above: list[Token] = []
    line = head.line
    for token in reversed(tokens[: tokens.index(head)]):
        if token.line != line - 1:
            break
        above.insert(0, token)
        line = token.line
    return above


def _reason(comments: list[Token]) -> Reason | None:
    above: Reason | None = None
    for token in comments:
        if token.text.startswith("@"):
            if not token.text.startswith(f"{_ANNOTATION} "):
                raise PolicyError(f"{token.place}: {unknown_message('annotation', token.text.split()[0], (_ANNOTATION,))}")
            code = token.text.removeprefix(_ANNOTATION).strip()
            if code not in Reason.__members__:
                raise PolicyError(f"{token.place}: {unknown_message('reason', code, Reason)}")
            above = Reason[code]
    return above


def _rule(tokens: list[Token], comment: str, reason: Reason | None) -> Rule:
    reader = RuleReader(tokens)
    head = reader.name()
    if not reader.skip("("):
        reader.fail("Expected a rule such as `name(arguments) if body;`")
    arguments = _arguments(reader)
    body, parts = _body(reader) if reader.skip("if") else (None, ())
    reader.expect(";")
    fields = _fields(head, arguments, body) if head.text in FIELD_RULES else ()
    return Rule(head.text, arguments, body, head.file, head.line, head.start, comment, reason, fields, parts)


def _body(reader: RuleReader) -> tuple[syntax.Goal, tuple[str, ...]]:
    first = reader.position
    goal = reader.goal()
    return goal, split_body(reader.tokens[first : reader.position])


def _arguments(reader: RuleReader) -> tuple[Argument, ...]:
    arguments: list[Argument] = []
    while not reader.skip(")"):
        if arguments:
            reader.expect(",")
        if reader.next.kind == "string":
            arguments.append(Argument(literal=reader.take().text))
        else:
            name = reader.name().text
            arguments.append(Argument(name, reader.name().text if reader.skip(":") else None))
    return tuple(arguments)


def _fields(head: Token, arguments: tuple[Argument, ...], body: syntax.Goal | None) -> tuple[str, ...] | None:
    field = arguments[-1] if arguments else Argument()
    if field.literal is not None:
        return (field.literal,)
    if head.text == "deny_field" and field.name is not None and field.name.startswith("_"):
        return None
    names = tuple(dict.fromkeys(_compared_literals(field.name, body)))
    if not names:
        raise PolicyError(
            f'{head.place}: This rule names no field. Write `field in ["one", "another"]`, or "one" as the last argument.'
        )
    return names


def _compared_literals(field: str | None, goal: syntax.Goal | None) -> Iterator[str]:
    """Yield the literals that a goal compares the field with."""
    match goal:
        case syntax.All(goals) | syntax.Any(goals):
            for item in goals:
                yield from _compared_literals(field, item)
        case syntax.Comparison(_, "in", syntax.Path(_, name, None), syntax.Listing(_, items)) if name == field:
            yield from (item.value for item in items if isinstance(item, syntax.Constant) and isinstance(item.value, str))
        case syntax.Comparison(_, "=", syntax.Path(_, name, None), syntax.Constant(_, str(value))) if name == field:
            yield value
