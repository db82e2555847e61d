"""What the build of the kit promises: sizes, integrity, and words in every language."""

from __future__ import annotations

import base64
import json
import re
from hashlib import sha384
from typing import Final

import pytest

from tests.kit.host import KIT

SOURCES: Final = KIT.parent / "src"
WORDS: Final = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted((SOURCES / "words").glob("*.json"))}
PLACES: Final = re.compile(r"\{\w+\}")
LIMITS: Final = {"loader": 2_000, "frame": 2_000, "frame-host": 1_000, "core": 12_000}
ELEMENT: Final = 8_000
PROPS: Final = re.compile(r"interface (\w+) extends ElementProps \{(.*?)^\}", re.DOTALL | re.MULTILINE)
COMPONENT: Final = re.compile(r'export const (\w+) = component<(\w+)>\("([\w-]+)"\)')
PAGE: Final = KIT.parents[2] / "docs" / "api" / "portal-kit.md"


def test_pages_load_little() -> None:
    """The loader, the core and each element with what it needs are below their limits, in compressed bytes."""
    sizes = json.loads((KIT / "manifest.json").read_text("utf-8"))["sizes"]

    assert len(sizes) == 14
    assert {} == {name: size for name, size in sizes.items() if size >= LIMITS.get(name, ELEMENT)}


def test_manifest_has_the_integrity_of_each_file() -> None:
    """A host can pin the files that it loads. Every chunk but the entries has a hash of its content in its name."""
    manifest = json.loads((KIT / "manifest.json").read_text("utf-8"))
    integrity = {
        path.name: f"sha384-{base64.b64encode(sha384(path.read_bytes()).digest()).decode()}" for path in KIT.glob("*.js")
    }

    assert integrity == {name: file["integrity"] for name, file in manifest["files"].items()}
    assert {"kit.js", "frame.js", "frame-host.js"} == {
        name for name in integrity if not re.fullmatch(r"[\w-]+-[\w-]{8}\.js", name)
    }


@pytest.mark.parametrize("locale", sorted({*WORDS} - {"en"}))
def test_each_language_has_all_words(locale: str) -> None:
    """A catalogue has the keys of the English one, with the same places for values. Errors of the gateway are English already."""
    words = {key: text for key, text in WORDS[locale].items() if not key.startswith("error.")}
    places = {key: sorted(PLACES.findall(text)) for key, text in words.items() if not key.endswith(".one")}

    assert words.keys() == WORDS["en"].keys()
    assert places == {key: sorted(PLACES.findall(WORDS["en"][key])) for key in places}


def test_editors_know_the_elements() -> None:
    """The manifest of custom elements has each tag of the documentation, with its attributes, parts and custom properties."""
    manifest = json.loads((KIT / "custom-elements.json").read_text("utf-8"))
    elements = {each["tagName"]: each for each in manifest["modules"][0]["declarations"]}
    rows = dict(re.findall(r"^\| `(crossgate-[\w-]+)` \|.*\|([^|]*)\|$", PAGE.read_text("utf-8"), re.MULTILINE))
    attributes = {tag: [each["name"] for each in element["attributes"]] for tag, element in elements.items()}

    assert attributes == {tag: re.findall(r"`([\w-]+)`", text) for tag, text in rows.items()}
    assert all(element["cssParts"] and element["cssProperties"] for element in elements.values())


def test_react_has_a_component_for_each_element() -> None:
    """It has the element's name without `crossgate-`, and a prop for each of its attributes."""
    manifest = json.loads((KIT / "custom-elements.json").read_text("utf-8"))
    source = (SOURCES / "react.ts").read_text("utf-8")
    elements = {
        each["tagName"]: {_camel(it["name"]) for it in each["attributes"]} for each in manifest["modules"][0]["declarations"]
    }
    props = {name: set(re.findall(r"readonly (\w+)\?", body)) for name, body in PROPS.findall(source)}
    components = {tag: (name, props.get(kind, set())) for name, kind, tag in COMPONENT.findall(source)}

    assert components == {tag: (_camel(tag).removeprefix("crossgate"), names) for tag, names in elements.items()}


def _camel(name: str) -> str:
    """Return a name with capitals in place of its hyphens."""
    return re.sub(r"-(\w)", lambda match: match[1].upper(), name)


def test_custom_properties_and_parts_are_documented() -> None:
    """The page lists each custom property and each part of the sources, and no other."""
    page = PAGE.read_text("utf-8")
    sources = "\n".join(path.read_text("utf-8") for path in SOURCES.rglob("*.ts"))
    properties = set(re.findall(r"var\((--cg-[\w-]+)", sources))
    parts = {part for parts in re.findall(r'part="([^"]+)"', sources) for part in parts.split()}

    assert properties == set(re.findall(r"`(--cg-[\w-]+)`", page))
    assert parts == set(re.findall(r"`::part\(([\w-]+)\)`", page))
    assert len(properties) >= 40
