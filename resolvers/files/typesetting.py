"""Typesetting: text of any script on a page of a PDF, so that a person reads it and a program finds the very same characters.

Simple scripts are written as text. Scripts whose letters join, stack or run from right to left are shaped by HarfBuzz and drawn
as outlines, with the text itself, invisible, in the same place: the glyphs of such a script are no sequence of its characters.
The text stands in the file in the order in which it is read.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any, Final

import uharfbuzz
from fontTools.pens.basePen import BasePen
from fpdf import FPDF
from fpdf.bidi import BidiParagraph
from fpdf.drawing import PaintedPath

from resolvers.values.text import is_blank

FONTS: Final = Path(__file__).with_name("fonts")
PLAIN: Final = ("NotoSans-Regular", "NotoSansArmenian-Regular", "NotoSansGeorgian-Regular", "NotoSansEthiopic-Regular")
EAST_ASIAN: Final = ("DroidSansFallbackFull", "NanumSquareR")
SHAPED: Final = tuple(
    f"NotoSans{script}-Regular"
    for script in (
        *("Arabic", "Hebrew", "Thai", "Devanagari", "Bengali", "Gujarati", "Gurmukhi", "Tamil", "Telugu", "Kannada"),
        *("Malayalam", "Oriya", "Sinhala", "Lao", "Khmer", "Myanmar"),
    )
)
FACES: Final = (*PLAIN, *SHAPED, *EAST_ASIAN)  # the first that has a character is the one for it
STRONG: Final = {0: ("L", "EN"), 1: ("R", "AL")}  # classes of characters that have the direction of an even or odd level


@dataclass(frozen=True)
class Face:
    """A font of the gateway's own."""

    name: str

    @cached_property
    def _face(self) -> Any:
        return uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(self.path)))

    @cached_property
    def font(self) -> Any:
        """The font as HarfBuzz has it. Its units are those of its design."""
        return uharfbuzz.Font(self._face)

    @cached_property
    def _characters(self) -> frozenset[int]:
        return frozenset(self._face.unicodes)

    def has(self, character: str) -> bool:
        """Whether it can show a character. Some fonts have empty glyphs in the place of those that they lack."""
        if ord(character) not in self._characters:
            return False
        extents = self.font.get_glyph_extents(self.font.get_nominal_glyph(ord(character)))
        return is_blank(character) or (extents is not None and extents.width > 0)

    @property
    def path(self) -> Path:
        """Its file."""
        return FONTS / f"{self.name}.ttf"

    @property
    def units(self) -> int:
        """How many units an em has."""
        return int(self._face.upem)

    def advance(self, character: str) -> float:
        """The width of a character by itself, in ems."""
        return float(self.font.get_glyph_h_advance(self.font.get_nominal_glyph(ord(character)) or 0)) / self.units


@dataclass(frozen=True, slots=True)
class Glyph:
    """A glyph in its place, in ems from the beginning of its run. `of` is the first character that it stands for."""

    number: int
    of: int
    x: float
    y: float


@dataclass(slots=True)
class Run:
    """Characters of one face and one direction: odd levels run from right to left. Sizes are ems."""

    text: str
    face: Face
    level: int
    shaped: bool
    glyphs: Sequence[Glyph] = ()
    places: list[float] = field(default_factory=list)  # of the characters
    width: float = 0
    x: float = 0  # on its line

    def __post_init__(self) -> None:
        if self.shaped:
            self.glyphs, self.width = _shape(self)
            self.places = [self._place(index) for index in range(len(self.text))]
        else:
            for character in self.text:
                self.places.append(self.width)
                self.width += self.face.advance(character)

    def _place(self, index: int) -> float:
        """Where the glyphs begin that stand for a character, or for those before it that it has joined."""
        first = max((glyph.of for glyph in self.glyphs if glyph.of <= index), default=0)
        return min((glyph.x for glyph in self.glyphs if glyph.of == first), default=0)


class Sheet:
    """Writes text on the current page of a document."""

    def __init__(self, page: FPDF, size: float) -> None:
        """`size` of the text is in points."""
        self._page, self._size = page, size
        self._em = size / page.k

    def write(self, text: str, x: float, y: float, width: float, height: float) -> float:
        """Write a text below a place, in lines that are as wide and high as that. Returns where the last of them ends."""
        for line in broken(printable(text), width / self._em):
            if y + height > self._page.h - self._page.b_margin:
                self._page.add_page()
                y = self._page.t_margin
            self._write_line(line, x, y + height / 2 + self._em / 3)
            y += height
        return y

    def _write_line(self, line: str, x: float, y: float) -> None:
        for run, text, place in _pieces_of(runs_of(line)):
            self._page.set_font(self._known(run.face), size=self._size)
            with self._page.local_context(text_mode="INVISIBLE" if run.shaped else "FILL"):
                self._page.text(x + place * self._em, y, text)
            self._draw(run, x + run.x * self._em, y)

    def _draw(self, run: Run, x: float, y: float) -> None:
        """Draw the glyphs of a shaped run, once."""
        if not run.glyphs:
            return
        path = PaintedPath()
        for glyph in run.glyphs:
            pen = _Pen(path, x + glyph.x * self._em, y - glyph.y * self._em, self._em / run.face.units)
            run.face.font.draw_glyph_with_pen(glyph.number, pen)
        run.glyphs = ()
        path.style.fill_color, path.style.stroke_color = "#000000", None
        with self._page.drawing_context() as drawing:
            drawing.add_item(path)

    def _known(self, face: Face) -> str:
        if face.name.lower() not in self._page.fonts:
            self._page.add_font(face.name, fname=face.path)
        return face.name


class _Pen(BasePen):  # type: ignore[misc] # fontTools has no types
    """Draws an outline as a part of a path of the page, whose ordinates grow downwards."""

    def __init__(self, path: PaintedPath, x: float, y: float, scale: float) -> None:
        super().__init__(None)
        self._path, self._x, self._y, self._scale = path, x, y, scale

    def _on_page(self, point: tuple[float, float]) -> tuple[float, float]:
        return self._x + point[0] * self._scale, self._y - point[1] * self._scale

    def _moveTo(self, point: tuple[float, float]) -> None:  # noqa: N802 (fontTools names it)
        self._path.move_to(*self._on_page(point))

    def _lineTo(self, point: tuple[float, float]) -> None:  # noqa: N802
        self._path.line_to(*self._on_page(point))

    def _curveToOne(self, *points: tuple[float, float]) -> None:  # noqa: N802
        self._path.curve_to(*(value for point in points for value in self._on_page(point)))

    def _closePath(self) -> None:  # noqa: N802
        self._path.close()


def printable(text: str) -> str:
    """A text with what no font has replaced: `[U+1F600]` for a character, nothing for a mark that nobody sees."""
    known = (character if face_of(character) else _named(character) for character in unicodedata.normalize("NFC", text))
    return " ".join("".join(known).split())


def _named(character: str) -> str:
    return "" if unicodedata.category(character) in ("Cf", "Mn") else f"[U+{ord(character):04X}]"


@lru_cache(None)
def _faces() -> tuple[Face, ...]:
    return tuple(Face(name) for name in FACES)


@lru_cache(10_000)
def face_of(character: str) -> Face | None:
    """The face for a character, None if no face has it."""
    return next((face for face in _faces() if face.has(character)), None)


def broken(text: str, width: float) -> Iterator[str]:
    """A text in lines of at most a width in ems, broken at spaces, and inside of words that are longer than a line."""
    line, filled = "", 0.0
    for word in text.split(" "):
        gap = _width(" ") if line else 0.0
        wide = _width(word)
        if line and filled + gap + wide > width:
            yield line
            line, filled, gap = "", 0.0, 0.0
        while wide > width:
            cut = _fitting(word, width)
            yield word[:cut]
            word = word[cut:]
            wide = _width(word)
        line, filled = f"{line} {word}" if line else word, filled + gap + wide
    yield line


def _width(text: str) -> float:
    return sum(face.advance(character) for character in text if (face := face_of(character)))


def _fitting(word: str, width: float) -> int:
    """How many characters of a word fit a line; a mark stays with its letter."""
    many = next(number for number in range(1, len(word) + 1) if _width(word[:number]) > width) - 1
    while many > 1 and unicodedata.category(word[many]).startswith("M"):
        many -= 1
    return max(many, 1)


def runs_of(line: str) -> list[Run]:
    """The runs of a line, in the order in which they are read."""
    kinds = list(zip(_levels_of(line), _faces_of(line), strict=True))
    shaped = [
        face.name in SHAPED or unicodedata.category(each).startswith("M") for each, (_, face) in zip(line, kinds, strict=True)
    ]
    found, start = [], 0
    for (level, face), group in groupby(kinds):
        end = start + len(list(group))
        found.append(Run(line[start:end], face, level, any(shaped[start:end]) or level % 2 == 1))
        start = end
    return found


def _levels_of(line: str) -> Iterator[int]:
    """The level of each character; one that joins or parts others has that of the one before it."""
    before = 0
    for character in BidiParagraph(line, preserve_bn_chars=True).get_characters():
        if unicodedata.bidirectional(character.character) != "BN":
            before = character.embedding_level
        yield before


def _faces_of(line: str) -> Iterator[Face]:
    """The face for each character; what belongs to no script stays in the face before it, if that has it."""
    before: Face | None = None
    for character in line:
        neutral = unicodedata.bidirectional(character) not in ("L", "R", "AL", "EN")
        if before is None or not neutral or not before.has(character):
            before = face_of(character)
        assert before is not None  # noqa: S101 (the line is printable)
        yield before


def _shape(run: Run) -> tuple[list[Glyph], float]:
    """The glyphs of a run from left to right, and how wide they are."""
    buffer = uharfbuzz.Buffer()
    buffer.add_codepoints([ord(character) for character in run.text])
    buffer.guess_segment_properties()
    buffer.direction = "rtl" if run.level % 2 else "ltr"
    uharfbuzz.shape(run.face.font, buffer)
    glyphs, x, units = [], 0.0, run.face.units
    for info, at in zip(buffer.glyph_infos, buffer.glyph_positions, strict=True):
        glyphs.append(Glyph(info.codepoint, info.cluster, x + at.x_offset / units, at.y_offset / units))
        x += at.x_advance / units
    return glyphs, x


def _place(runs: Sequence[Run]) -> None:
    """Put each run in its place on their line: rule L2 of the Unicode Bidirectional Algorithm."""
    order = list(runs)
    for level in range(max((run.level for run in runs), default=0), 0, -1):
        groups = [list(group) for _, group in groupby(order, key=lambda run: run.level >= level)]
        order = [run for group in groups for run in (reversed(group) if group[0].level >= level else group)]
    x = 0.0
    for run in order:
        run.x = x
        x += run.width


def _pieces_of(runs: Sequence[Run]) -> list[tuple[Run, str, float]]:
    """The text of a line in pieces, in the order in which it is read: each of one run, with its place on the line in ems.

    Readers that know no script take letters from right to left for written backwards, and signs and spaces to go on as the letters
    before them do; where a piece stands apart from the one before, they find a space. So a run from right to left is written from
    its left end, its characters backwards; signs and spaces beside it are pieces; and a space belongs to what is before it.
    """
    _place(runs)
    found: list[tuple[Run, str, float]] = []
    turned = False
    for run in runs:
        for text, place in _pieces(run, turned=turned):
            before = found[-1] if found else None
            if text == " " and before and unicodedata.bidirectional(before[1][-1]) in STRONG[0]:
                found[-1] = (before[0], before[1] + text, before[2])
            else:
                found.append((run, text, run.x + place))
        turned = turned or run.level % 2 == 1
    return found


def _pieces(run: Run, *, turned: bool) -> Iterator[tuple[str, float]]:
    """The pieces of a run, with their places in it. `turned`: a run from right to left stands before it."""
    backwards = run.level % 2 == 1
    strong = [index for index, each in enumerate(run.text) if unicodedata.bidirectional(each) in STRONG[run.level % 2]]
    alone = not strong or (not backwards and any(unicodedata.bidirectional(each) == "AN" for each in run.text))
    first = len(run.text) if alone else strong[0] if turned or backwards else 0
    last = len(run.text) if alone or not backwards else _after_marks(run.text, strong[-1] + 1)
    yield from zip(run.text[:first], run.places[:first], strict=True)
    if first < last:
        core = run.text[first:last]
        yield core[::-1] if backwards else core, min(run.places[first:last])
    yield from zip(run.text[last:], run.places[last:], strict=True)


def _after_marks(text: str, end: int) -> int:
    """The place after the marks that belong to a letter."""
    while end < len(text) and unicodedata.category(text[end]) in ("Mn", "Cf"):
        end += 1
    return end
