"""Typesetting: text of any script can be read back from a page, and is seen on it."""

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


def written(*texts: str, width: float = 190) -> PdfReader:
    """A document with these texts, read."""
    page = FPDF(format="A4")
    page.add_page()
    y = page.t_margin
    for text in texts:
        y = Sheet(page, 11).write(text, 10, y, width, 8)
    return PdfReader(BytesIO(bytes(page.output())))


def read(*texts: str) -> list[str]:
    """What is found on a page with these texts, line by line."""
    return written(*texts).pages[0].extract_text().split("\n")


@pytest.mark.parametrize("word", [*ALONE, *JOINED, *TURNED])
def test_a_word_is_read_back(word: str) -> None:
    """Each script that names take has a font, and no reader has to know how its letters join."""
    assert [word] == read(word)


@settings(max_examples=25, deadline=None, phases=[Phase.explicit, Phase.generate])  # to shrink takes minutes
@given(st.lists(st.sampled_from([*ALONE, *JOINED]), min_size=1, max_size=6), st.lists(st.sampled_from(TURNED), max_size=4))
def test_words_of_several_scripts_are_read_back(words: list[str], turned: list[str]) -> None:
    """Scripts stand beside each other in the order in which they are read."""
    text = " ".join([*words, *turned])

    assert [text] == read(text)


def test_fonts_are_embedded() -> None:
    """A letter looks the same everywhere: each of its fonts is in the file."""
    resources = written(*ALONE, *JOINED, *TURNED).pages[0]["/Resources"]
    assert isinstance(resources, DictionaryObject)
    fonts = [font.get_object() for font in cast("DictionaryObject", resources["/Font"]).values()]

    described = [font["/DescendantFonts"][0].get_object()["/FontDescriptor"] for font in fonts]
    assert len(fonts) > 10
    assert [] == [each for each in described if "/FontFile2" not in each]


@pytest.mark.parametrize("word", JOINED + TURNED)
def test_letters_that_join_are_drawn_and_written_once(word: str) -> None:
    """Their shapes are outlines; their text is there, but not seen."""
    content = written(word).pages[0].get_contents()
    assert content is not None
    data = content.get_data()

    assert (True, True) == (b" c\n" in data or b" c " in data, b"3 Tr" in data)


@pytest.mark.parametrize(
    ("text", "shown"), [("A😀", "A[U+1F600]"), ("𠮷野家", "[U+20BB7]野家"), ("a\ufe0fb", "ab"), ("e\u0301", "é")]
)
def test_a_character_without_a_font_is_named(text: str, shown: str) -> None:
    """Nothing becomes a question mark: what cannot be shown is named by its number; what nobody sees is left out."""
    assert (shown, [shown]) == (printable(text), read(text))


def test_an_empty_glyph_is_none() -> None:
    """A font that has an empty shape for a character is not taken for it."""
    assert ("DroidSansFallbackFull", "NanumSquareR") == tuple(face.name for each in "北한" if (face := face_of(each)))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from([*ALONE, *JOINED, "Donaudampfschifffahrt" * 4]), min_size=1, max_size=12))
def test_lines_are_broken_where_they_end(words: list[str]) -> None:
    """A long text goes on below, without a letter lost."""
    text = " ".join(words)
    lines = list(break_lines(text, 20))

    assert text.replace(" ", "") == "".join(lines).replace(" ", "")
    assert [] == [line for line in lines if line != line.strip()]


def test_a_long_text_goes_on_on_another_page() -> None:
    """No line falls off the paper."""
    document = written(" ".join(["Łódź"] * 2_000), width=50)

    assert (True, 2_000) == (len(document.pages) > 1, sum(page.extract_text().count("Łódź") for page in document.pages))


def test_fonts_are_there_with_their_licences() -> None:
    """Each font is a file, and nothing else is beside them but their licences."""
    assert {*PLAIN, *SHAPED, *EAST_ASIAN} == set(FACES)
    assert {*(f"{name}.ttf" for name in FACES), "OFL.txt", "Apache-2.0.txt"} == {path.name for path in FONTS.iterdir()}
