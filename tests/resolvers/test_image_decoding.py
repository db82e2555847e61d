"""Image decoding: images are decoded completely or refused, and only visible content is stored."""

from __future__ import annotations

import struct
import zlib
from contextlib import suppress
from io import BytesIO
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from PIL.ImageOps import exif_transpose
from PIL.PngImagePlugin import PngInfo

from models.image import MediaType
from resolvers.files.image_decoding import ImageTooLarge, UnsupportedImage, decode
from tests.pictures import RED, chunk, claiming, opened, picture

PNG = picture("PNG")
JPEG = picture("JPEG")
GPS = 0x8825
GREY, TRUECOLOUR = 0, 2  # as a PNG numbers them


def photograph(kind: str, orientation: int) -> bytes:
    """Return an image of 40 by 20 pixels with EXIF data."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = "secret place"
    exif.get_ifd(GPS)[1] = "N"
    return picture(kind, (40, 20), exif=exif)


def animated() -> bytes:
    """Return a PNG of two frames."""
    frames = [Image.new("RGB", (20, 20), colour) for colour in (RED, (0, 0, 0))]
    written = BytesIO()
    frames[0].save(written, "PNG", save_all=True, append_images=frames[1:])
    return written.getvalue()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_png_keeps_every_pixel(mode: str) -> None:
    """A PNG keeps all its colours and its transparency."""
    given_one = picture("PNG", (30, 20), mode=mode)

    kept = decode(given_one)

    assert (MediaType.PNG, 30, 20) == (kept.media_type, kept.width, kept.height)
    before, after = opened(given_one), opened(kept.content)
    assert (before.mode, before.tobytes()) == (after.mode, after.tobytes())


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("options", [{"quality": 95}, {"quality": 30}, {"progressive": True}, {"subsampling": 0}])
def test_jpeg_keeps_its_quality(mode: str, options: dict[str, Any]) -> None:
    """A JPEG is saved with its own quantization tables, so that it loses almost nothing."""
    given_one = picture("JPEG", (64, 48), mode=mode, **options)

    kept = decode(given_one)

    assert (MediaType.JPEG, 64, 48) == (kept.media_type, kept.width, kept.height)
    before, after = opened(given_one), opened(kept.content)
    assert before.mode == after.mode
    assert max(abs(a - b) for a, b in zip(before.tobytes(), after.tobytes(), strict=True)) <= 8


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_metadata_is_removed(kind: str) -> None:
    """Neither the GPS position nor any text is stored with a photograph."""
    info = PngInfo()
    info.add_text("Comment", "secret place")
    beside: dict[str, Any] = {"pnginfo": info} if kind == "PNG" else {"comment": b"secret place"}

    kept = [decode(photograph(kind, 1)), decode(picture(kind, **beside))]

    assert [False, False] == [b"secret" in each.content for each in kept]
    assert [{}, {}] == [dict(opened(each.content).getexif()) for each in kept]


@pytest.mark.parametrize("orientation", range(10))
def test_orientation_is_applied(orientation: int) -> None:
    """The EXIF orientation is applied, as Pillow does, before it is removed."""
    photo = photograph("PNG", orientation)
    expected = exif_transpose(opened(photo))

    kept = decode(photo)

    assert (kept.width, kept.height) == expected.size
    assert expected.tobytes() == opened(kept.content).tobytes()


def test_orientation_is_applied_to_jpeg() -> None:
    """A photograph taken upright is stored upright."""
    kept = decode(photograph("JPEG", 6))

    assert (20, 40) == (kept.width, kept.height) == opened(kept.content).size


def test_broken_exif_data_is_ignored() -> None:
    """An image with unreadable EXIF data is stored without it."""
    kept = decode(picture("JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff broken"))

    assert (200, 200) == (kept.width, kept.height)


@pytest.mark.parametrize("content", [PNG, JPEG], ids=["PNG", "JPEG"])
def test_appended_file_is_removed(content: bytes) -> None:
    """Bytes after the end of an image, such as a page or an archive, are not stored."""
    kept = decode(content + b"<script>alert(1)</script>PK\x05\x06")

    assert False is (b"script" in kept.content)
    assert decode(content) == kept


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "BMP", "TIFF", "PPM"])
def test_other_formats_are_refused_R008(kind: str) -> None:
    """Only PNG and JPEG are accepted."""
    with pytest.raises(UnsupportedImage):
        decode(picture(kind))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<svg/>",
        PNG[:8],
        JPEG[:3],
        PNG[:200],
        PNG[:-12],
        JPEG[:-2],
        b"\n" + PNG,
        PNG[:8] + JPEG,
        PNG.replace(b"IDAT", b"IDAX"),
    ],
)
def test_incomplete_or_damaged_image_is_refused(content: bytes) -> None:
    """A file that is truncated, damaged, or only starts like an image is refused."""
    with pytest.raises(UnsupportedImage):
        decode(content)


def test_animated_image_is_refused() -> None:
    """An animated PNG is refused, even if only its header says that it has several frames."""
    with pytest.raises(UnsupportedImage):
        decode(animated())


@pytest.mark.parametrize("size", [(4097, 1), (1, 4097), (100_000, 100_000), (2**31 - 1, 2**31 - 1)])
def test_too_large_image_is_refused_before_it_is_decoded_A2(size: tuple[int, int]) -> None:
    """The size comes from the header; no memory is allocated, and Pillow does not warn."""
    with pytest.raises(ImageTooLarge) as refused:
        decode(claiming(*size))

    assert {"code": "IMAGE_TOO_LARGE", "width": size[0], "height": size[1], "limit": 4096} == refused.value.extensions


def test_image_of_the_maximum_size_is_accepted_A2() -> None:
    """4096 pixels on each side are allowed."""
    kept = decode(picture("PNG", (4096, 4096), mode="1"))

    assert (4096, 4096) == (kept.width, kept.height)


def test_decompression_bomb_in_text_is_refused() -> None:
    """A compressed text chunk of a PNG that would expand to gigabytes is not decompressed."""
    text = b"Comment\0\0" + zlib.compress(bytes(200_000_000), 9)

    with pytest.raises(UnsupportedImage):
        decode(PNG[:33] + chunk(b"zTXt", text) + PNG[33:])


def test_jpeg_with_too_many_scans_is_refused() -> None:
    """A scan takes a few bytes but as much time as all pixels, so the number of scans is limited to what tools write."""
    progressive = picture("JPEG", progressive=True)
    last = progressive[progressive.rindex(b"\xff\xda") : -2]

    with pytest.raises(UnsupportedImage):
        decode(progressive[:-2] + last * 40 + progressive[-2:])


@given(at=st.integers(0, 400), garbage=st.binary(min_size=1, max_size=40), kind=st.sampled_from([PNG, JPEG]))
def test_damaged_file_never_fails_unexpectedly(at: int, garbage: bytes, kind: bytes) -> None:
    """Any content is either decoded or refused; no other error is raised."""
    try:
        kept = decode(kind[:at] + garbage + kind[at + len(garbage) :])
    except (UnsupportedImage, ImageTooLarge):
        return

    assert (kept.width, kept.height) == opened(kept.content).size


def raw_png(depth: int, colour: int, rows: list[bytes], transparent: bytes) -> bytes:
    """Return a PNG with samples of `depth` bits and one transparent colour, which few programs write."""
    width = len(rows[0]) * 8 // depth // (3 if colour == TRUECOLOUR else 1)
    head = struct.pack(">IIBBBBB", width, len(rows), depth, colour, 0, 0, 0)
    pixels = zlib.compress(b"".join(b"\0" + row for row in rows))
    chunks = [chunk(b"IHDR", head), chunk(b"tRNS", transparent), chunk(b"IDAT", pixels), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def alphas(content: bytes) -> list[int]:
    """Return the alpha value of each pixel."""
    return list(opened(content).convert("RGBA").getchannel("A").tobytes())


@pytest.mark.parametrize("depth", [1, 2, 4, 8])
def test_transparent_grey_is_kept_at_any_depth(depth: int) -> None:
    """Any grey of an image can be the transparent one, and only it becomes transparent."""
    greys = 2**depth if depth < 8 else 8
    for transparent in range(greys):
        bits = "".join(f"{grey:0{depth}b}" for grey in range(greys))
        row = int(bits.ljust(-(-len(bits) // 8) * 8, "0"), 2).to_bytes(-(-len(bits) // 8), "big")
        kept = decode(raw_png(depth, GREY, [row], struct.pack(">H", transparent)))

        assert [0 if grey == transparent else 255 for grey in range(greys)] == alphas(kept.content)[:greys]


def test_transparent_grey_of_16_bits_is_kept() -> None:
    """A grey that differs only in its lower byte is not transparent."""
    content = raw_png(16, GREY, [struct.pack(">4H", 0x1234, 0x1235, 0x1334, 0)], struct.pack(">H", 0x1234))
    kept = opened(decode(content).content)

    assert (0x1234, 0x1234) == (kept.info["transparency"], kept.getpixel((0, 0)))


def test_transparent_colour_of_16_bits_is_kept() -> None:
    """Colours that differ only in a lower byte look alike, but only one of them is transparent."""
    colours = [
        (0x1234, 0x5678, 0x9ABC),
        (0x1235, 0x5678, 0x9ABC),
        (0x1234, 0x5678, 0x9ABD),
        (0x1334, 0x5678, 0x9ABC),
        (0, 0, 0),
    ]
    row = struct.pack(f">{3 * len(colours)}H", *(sample for colour in colours for sample in colour))
    kept = decode(raw_png(16, TRUECOLOUR, [row, row], struct.pack(">3H", *colours[0])))

    assert [0, 255, 255, 255, 255] * 2 == alphas(kept.content)
    assert (0x12, 0x56, 0x9A) == opened(kept.content).convert("RGBA").getpixel((1, 0))[:3]  # type: ignore[index]


PALETTE: Final = 3
PASSES: Final = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))  # Adam7
WIDE: Final = 11
HIGH: Final = 9
LAYOUTS: Final = [
    *((GREY, depth) for depth in (1, 2, 4, 8, 16)),
    *((TRUECOLOUR, depth) for depth in (8, 16)),
    *((PALETTE, depth) for depth in (1, 2, 4, 8)),
]


def sampled(colour: int, depth: int, *, interlaced: bool, transparent: bytes, palette: bytes = b"") -> bytes:
    """A PNG whose pixels are `number_of`, written by the letter of its specification."""
    head = struct.pack(">IIBBBBB", WIDE, HIGH, depth, colour, 0, 0, interlaced)
    passes = PASSES if interlaced else ((0, 0, 1, 1),)
    lines = [
        [(x, y) for x in range(left, WIDE, right)]
        for left, top, right, down in passes
        for y in range(top, HIGH, down)
        if left < WIDE
    ]
    pixels = b"".join(b"\0" + _line(line, colour, depth) for line in lines)
    between = [chunk(b"PLTE", palette)] if palette else []
    rest = [chunk(b"tRNS", transparent), chunk(b"IDAT", zlib.compress(pixels)), chunk(b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join([chunk(b"IHDR", head), *between, *rest])


def _line(places: list[tuple[int, int]], colour: int, depth: int) -> bytes:
    samples = 3 if colour == TRUECOLOUR else 1
    bits = "".join(f"{number_of(*place) % 2**depth:0{depth}b}" * samples for place in places)
    whole = -(-len(bits) // 8)
    return int(bits.ljust(whole * 8, "0"), 2).to_bytes(whole, "big")


def number_of(x: int, y: int) -> int:
    """A sample: equal in the lower byte in some pixels, in the upper one in others."""
    return (x % 3) * 257 + (y % 2) * 256 + x // 4


@pytest.mark.parametrize("interlaced", [False, True])
@pytest.mark.parametrize(("colour", "depth"), LAYOUTS)
def test_png_of_any_kind_keeps_what_is_transparent(colour: int, depth: int, interlaced: bool) -> None:
    """In greys, colours and palettes of any depth, interlaced or not, the same pixels are transparent."""
    one = number_of(1, 1) % 2**depth
    transparent = struct.pack(">H", one) * (3 if colour == TRUECOLOUR else 1)
    shown = [255] * min(2**depth, 256)
    shown[one % len(shown)] = 0
    shown[0 if one else 1] = 99  # a palette can be half transparent
    palette = bytes(range(256)) * 3
    more = {"palette": palette[: 3 * len(shown)], "transparent": bytes(shown)} if colour == PALETTE else {}

    kept = decode(sampled(colour, depth, interlaced=interlaced, **{"transparent": transparent, **more}))

    numbers = [number_of(x, y) % 2**depth for y in range(HIGH) for x in range(WIDE)]
    expected = [shown[each] for each in numbers] if colour == PALETTE else [0 if each == one else 255 for each in numbers]
    assert {0, 255} & set(expected)
    assert expected == seen(kept.content)


def seen(content: bytes) -> list[int]:
    """How opaque each pixel is, of 16 bits too, for which Pillow has no conversion."""
    image = opened(content)
    if image.mode != "I;16":
        return alphas(content)
    values = struct.unpack(f"<{image.width * image.height}H", image.tobytes())
    return [0 if value == image.info["transparency"] else 255 for value in values]


@pytest.mark.parametrize("kind", [b"IHDR", b"tRNS", b"IDAT", b"PLTE"])
@pytest.mark.parametrize("interlaced", [False, True])
def test_png_with_a_damaged_part_is_refused(kind: bytes, interlaced: bool) -> None:
    """What does not match its checksum is not what was sent."""
    whole = sampled(PALETTE, 8, interlaced=interlaced, transparent=b"\0\1", palette=bytes(768))
    at = whole.index(kind) + 4

    with pytest.raises(UnsupportedImage):
        decode(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])


@pytest.mark.parametrize("transparent", [b"", b"\0", b"\0\0\0", b"\xff\xff", b"\0" * 300])
@pytest.mark.parametrize(("colour", "depth"), LAYOUTS)
def test_transparent_colour_that_is_none_breaks_nothing(colour: int, depth: int, transparent: bytes) -> None:
    """A note of transparency of another length, or beyond the depth, is a picture or none, and never an error of ours."""
    palette = bytes(range(256)) * 3 if colour == PALETTE else b""
    content = sampled(colour, depth, interlaced=False, transparent=transparent, palette=palette[: 3 * 2**depth])

    with suppress(UnsupportedImage):
        assert (WIDE, HIGH) == opened(decode(content).content).size
