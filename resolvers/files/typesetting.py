"""Typesetting: writes text of any script on a PDF page, so that people can read it and programs can extract the exact characters.

Simple scripts are written as text. Scripts whose letters join, stack or run from right to left are shaped by HarfBuzz and drawn as
outlines, with the text itself, invisible, in the same place, because their glyphs don't correspond to characters one by one.
Text is stored in the file in reading order.
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
FACES: Final = (*PLAIN, *SHAPED, *EAST_ASIAN)  # in order of preference for each character
STRONG: Final = {0: ("L", "EN"), 1: ("R", "AL")}  # bidirectional classes with the direction of even (0) and odd (1) levels


@dataclass(frozen=True)
class Face:
    """A bundled font."""

    name: str

    @cached_property
    def _face(self) -> Any:
        return uharfbuzz.Face(uharfbuzz.Blob.from_file_path(str(self.path)))

    @cached_property
    def font(self) -> Any:
        """The HarfBuzz font, in design units."""
        return uharfbuzz.Font(self._face)

    @cached_property
    def _characters(self) -> frozenset[int]:
        return frozenset(self._face.unicodes)

    def has(self, character: str) -> bool:
        """Return True if the font can show a character. Some fonts have empty glyphs for missing ones."""
        if ord(character) not in self._characters:
            return False
        extents = self.font.get_glyph_extents(self.font.get_nominal_glyph(ord(character)))
        return is_blank(character) or (extents is not None and extents.width > 0)

    @property
    def path(self) -> Path:
        """The path of the font file."""
        return FONTS / f"{self.name}.ttf"

    @property
    def units(self) -> int:
        """Design units per em."""
        return int(self._face.upem)

    def advance(self, character: str) -> float:
        """Return the width of an isolated character, in ems."""
        return float(self.font.get_glyph_h_advance(self.font.get_nominal_glyph(ord(character)) or 0)) / self.units


@dataclass(frozen=True, slots=True)
class Glyph:
    """A positioned glyph, in ems from the start of its run. `of` is the index of the first character it represents."""

    number: int
    of: int
    x: float
    y: float


@dataclass(slots=True)
class Run:
    """Characters of one font and one direction: odd levels run from right to left. Sizes are ems."""

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
        """Return where the glyphs of a character start, or those of earlier characters that it joined."""
        first = max((glyph.of for glyph in self.glyphs if glyph.of <= index), default=0)
        return min((glyph.x for glyph in self.glyphs if glyph.of == first), default=0)


class Sheet:
    """Writes text on the current page of a document."""

    def __init__(self, page: FPDF, size: float) -> None:
        """`size` is in points."""
        self._page, self._size = page, size
        self._em = size / page.k

    def write(self, text: str, x: float, y: float, width: float, height: float) -> float:
        """Write text below (x, y), in lines of this width and height. Return the y at which the last line ends."""
        for line in break_lines(printable(text), width / self._em):
            if y + height > self._page.h - self._page.b_margin:
                self._page.add_page()
                y = self._page.t_margin
            self._write_line(line, x, y + height / 2 + self._em / 3)
            y += height
        return y

    def write_row(self, cells: Sequence[str], columns: Sequence[tuple[float, float]], y: float, height: float) -> float:
        """Write cells side by side, on one page. A column is its x and its width. The last column is aligned to the right."""
        wrapped = [
            list(break_lines(printable(cell), width / self._em)) for cell, (_, width) in zip(cells, columns, strict=True)
        ]
        rows = max(len(lines) for lines in wrapped)
        if y + rows * height > self._page.h - self._page.b_margin:
            self._page.add_page()
            y = self._page.t_margin
        for index, (lines, (x, width)) in enumerate(zip(wrapped, columns, strict=True)):
            is_last = index == len(columns) - 1
            for number, line in enumerate(lines):
                start = x + width - _width(line) * self._em if is_last else x
                self._write_line(line, start, y + number * height + height / 2 + self._em / 3)
        return y + rows * height

    def _write_line(self, line: str, x: float, y: float) -> None:
        for run, text, place in _pieces_of(runs_of(line)):
            self._page.set_font(self._font_name(run.face), size=self._size)
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

    def _font_name(self, face: Face) -> str:
        if face.name.lower() not in self._page.fonts:
            self._page.add_font(face.name, fname=face.path)
        return face.name


class _Pen(BasePen):  # type: ignore[misc] # fontTools has no types
    """Draws an outline into a path of the page, whose y axis points down."""

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
    """Replace characters that no font has: by `[U+1F600]`, or by nothing for invisible marks."""
    known = (character if face_of(character) else _replacement(character) for character in unicodedata.normalize("NFC", text))
    return " ".join("".join(known).split())


def _replacement(character: str) -> str:
    return "" if unicodedata.category(character) in ("Cf", "Mn") else f"[U+{ord(character):04X}]"


@lru_cache(None)
def _faces() -> tuple[Face, ...]:
    return tuple(Face(name) for name in FACES)


@lru_cache(10_000)
def face_of(character: str) -> Face | None:
    """Return the font for a character, or None if no font has it."""
    return next((face for face in _faces() if face.has(character)), None)


def break_lines(text: str, width: float) -> Iterator[str]:
    """Break text into lines of at most `width` ems: at spaces, and inside words that are longer than a line."""
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
    """Return how many characters of a word fit on a line. Combining marks stay with their letters."""
    many = next(number for number in range(1, len(word) + 1) if _width(word[:number]) > width) - 1
    while many > 1 and unicodedata.category(word[many]).startswith("M"):
        many -= 1
    return max(many, 1)


def runs_of(line: str) -> list[Run]:
    """Split a line into runs, in reading order."""
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
    """Yield the bidi level of each character. Joiners and separators get the level of the character before them."""
    before = 0
    for character in BidiParagraph(line, preserve_bn_chars=True).get_characters():
        if unicodedata.bidirectional(character.character) != "BN":
            before = character.embedding_level
        yield before


def _faces_of(line: str) -> Iterator[Face]:
    """Yield the font for each character. Neutral characters keep the previous font if it has them."""
    before: Face | None = None
    for character in line:
        neutral = unicodedata.bidirectional(character) not in ("L", "R", "AL", "EN")
        if before is None or not neutral or not before.has(character):
            before = face_of(character)
        assert before is not None  # noqa: S101 (the line is printable)
        yield before


def _shape(run: Run) -> tuple[list[Glyph], float]:
    """Return the glyphs of a run from left to right, and their total width."""
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
    """Set the x position of each run on its line, by rule L2 of the Unicode Bidirectional Algorithm."""
    order = list(runs)
    for level in range(max((run.level for run in runs), default=0), 0, -1):
        groups = [list(group) for _, group in groupby(order, key=lambda run: run.level >= level)]
        order = [run for group in groups for run in (reversed(group) if group[0].level >= level else group)]
    x = 0.0
    for run in order:
        run.x = x
        x += run.width


def _pieces_of(runs: Sequence[Run]) -> list[tuple[Run, str, float]]:
    """Split a line's text into pieces in reading order: each with its run and its position on the line in ems.

    Simple PDF readers assume that right-to-left letters are stored backwards, that signs and spaces continue the direction of the
    letters before them, and that a gap between pieces is a space. So we write a right-to-left run from its left end with its
    characters reversed, make each sign and space beside it a piece of its own, and attach a space to the piece before it.
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
    """Yield the pieces of a run with their positions in it. `turned` means that a right-to-left run precedes it."""
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
    """Return the index after a letter's combining marks."""
    while end < len(text) and unicodedata.category(text[end]) in ("Mn", "Cf"):
        end += 1
    return end
