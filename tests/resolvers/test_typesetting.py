"""Typesetting: text of any script is visible on the page and can be extracted from it."""

from __future__ import annotations

from io import BytesIO
from typing import Final, cast

import pytest
from fpdf import FPDF
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from pypdf.generic import DictionaryObject

from resolvers.files.typesetting import EAST_ASIAN, FACES, FONTS, PLAIN, SHAPED, Sheet, break_lines, face_of, printable

ALONE: Final = [
    "Łódź",
    "O’Neill",
    "Ελλάδα",
    "Україна",
    "北京电信",
    "ネット",
    "한국통신",
    "Երևան",
    "თბილისი",
    "አዲስ",
    "12.5",
    "–",
]
JOINED: Final = [
    "จำกัด",
    "น้ำ",
    "हिन्दी",
    "क्ष्मी",
    "বাংলা",
    "ગુજરાતી",
    "ਪੰਜਾਬੀ",
    "தமிழ்",
    "తెలుగు",
    "ಕನ್ನಡ",
    "മലയാളം",
    "ଓଡ଼ିଆ",
    "සිංහල",
    "ລາວ",
    "ខ្មែរ",
    "မြန်မာ",
]
TURNED: Final = ["شركة", "الاتصالات", "لا", "می‌خواهم", "תקשורת", "בע״מ", "(שלום)", "שָׁלוֹם"]


def render(*texts: str, width: float = 190) -> PdfReader:
    """Render the texts into a PDF and open it."""
    page = FPDF(format="A4")
    page.add_page()
    y = page.t_margin
    for text in texts:
        y = Sheet(page, 11).write(text, 10, y, width, 8)
    return PdfReader(BytesIO(bytes(page.output())))


def read_back(*texts: str) -> list[str]:
    """Return the text found on a page with these texts, line by line."""
    return render(*texts).pages[0].extract_text().split("\n")


@pytest.mark.parametrize("word", [*ALONE, *JOINED, *TURNED])
def test_word_can_be_extracted(word: str) -> None:
    """Every script used in names has a font, and its text can be extracted without knowledge of how its letters join."""
    assert [word] == read_back(word)


@settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.generate])  # to shrink takes minutes
@given(st.lists(st.sampled_from([*ALONE, *JOINED]), min_size=1, max_size=6), st.lists(st.sampled_from(TURNED), max_size=4))
def test_mixed_scripts_can_be_extracted(words: list[str], turned: list[str]) -> None:
    """Text of several scripts is extracted in reading order."""
    text = " ".join([*words, *turned])

    assert [text] == read_back(text)


def test_fonts_are_embedded() -> None:
    """A letter looks the same everywhere, because the file contains all its fonts."""
    resources = render(*ALONE, *JOINED, *TURNED).pages[0]["/Resources"]
    assert isinstance(resources, DictionaryObject)
    fonts = [font.get_object() for font in cast("DictionaryObject", resources["/Font"]).values()]

    described = [font["/DescendantFonts"][0].get_object()["/FontDescriptor"] for font in fonts]
    assert len(fonts) > 10
    assert [] == [each for each in described if "/FontFile2" not in each]


@pytest.mark.parametrize("word", JOINED + TURNED)
def test_shaped_text_is_drawn_and_written_once(word: str) -> None:
    """Shapes are drawn as outlines, and the text is present but invisible."""
    content = render(word).pages[0].get_contents()
    assert content is not None
    data = content.get_data()

    assert (True, True) == (b" c\n" in data or b" c " in data, b"3 Tr" in data)


@pytest.mark.parametrize(
    ("text", "shown"), [("A😀", "A[U+1F600]"), ("𠮷野家", "[U+20BB7]野家"), ("a\ufe0fb", "ab"), ("e\u0301", "é")]
)
def test_character_without_a_font_is_replaced(text: str, shown: str) -> None:
    """A character without a font is replaced by its code point, never a question mark; invisible ones are left out."""
    assert (shown, [shown]) == (printable(text), read_back(text))


def test_empty_glyph_does_not_count() -> None:
    """A font with an empty glyph for a character isn't used for it."""
    assert ("DroidSansFallbackFull", "NanumSquareR") == tuple(face.name for each in "北한" if (face := face_of(each)))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from([*ALONE, *JOINED, "Donaudampfschifffahrt" * 4]), min_size=1, max_size=12))
def test_long_text_is_broken_into_lines(words: list[str]) -> None:
    """Long text continues on the next line without losing a letter."""
    text = " ".join(words)
    lines = list(break_lines(text, 20))

    assert text.replace(" ", "") == "".join(lines).replace(" ", "")
    assert [] == [line for line in lines if line != line.strip()]


def test_long_text_continues_on_the_next_page() -> None:
    """No line runs off the page."""
    document = render(" ".join(["Łódź"] * 2_000), width=50)

    assert (True, 2_000) == (len(document.pages) > 1, sum(page.extract_text().count("Łódź") for page in document.pages))


def test_fonts_come_with_their_licences() -> None:
    """The folder has the font files and their licences, and nothing else."""
    assert {*PLAIN, *SHAPED, *EAST_ASIAN} == set(FACES)
    assert {*(f"{name}.ttf" for name in FACES), "OFL.txt", "Apache-2.0.txt"} == {path.name for path in FONTS.iterdir()}
