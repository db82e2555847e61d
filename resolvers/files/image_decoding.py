"""Pictures that are uploaded: decoded whole, measured, and written anew, so that what is stored was made here (A2).

What a file calls itself does not matter. Its size is known before any pixel is decoded, and held to its bounds. What stands beside
the pixels (where a photograph was taken, comments, a second file behind the first) is left behind; the turn that a camera notes is
carried out first. PNG loses nothing that Pillow can hold: of colours with 16 bits the upper 8. JPEG is written with the tables that
it came with.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import reduce
from io import BytesIO
from typing import Any, Final

from PIL import ImageChops
from PIL.Image import Image, Transpose
from PIL.JpegImagePlugin import JpegImageFile, get_sampling
from PIL.PngImagePlugin import PngImageFile

from models.image import MediaType
from resolvers.values.errors import PublicError

MAX_BYTES: Final = 2 * 1024 * 1024
MAX_SIDE: Final = 4096  # pixels
KEPT_METADATA: Final = ("icc_profile", "transparency")  # what belongs to the colours
MOVES: Final = b"acTL"  # the chunk that says of how many frames a PNG is, before the first of them
SCAN: Final = b"\xff\xda"  # begins a part of a JPEG that passes over all pixels
MAX_SCANS: Final = 32  # few tools make more than a dozen; thousands of empty ones would take hours
DEPTH: Final = 24  # where a PNG says how many bits a sample has
STRETCHED: Final = (2, 4)  # bits
CUT: Final = 16
LOWER: Final = "RGB;16L"  # reads the second byte of each sample; a PNG has the upper one first
TURN: Final = 0x0112  # the note of a camera on how it was held (EXIF orientation)
TURNS: Final = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
BEGINNINGS: Final = {b"\x89PNG\r\n\x1a\n": MediaType.PNG, b"\xff\xd8\xff": MediaType.JPEG}


class UnsupportedImage(PublicError):
    """The file is no PNG or JPEG that can be decoded to its end, or one that moves."""

    code = "UNSUPPORTED_IMAGE"

    def __init__(self) -> None:
        super().__init__(
            "This is no PNG or JPEG picture, or a broken or animated one. Send its bytes as they are, as the body."
        )


class ImageTooLarge(PublicError):
    """The picture has too many pixels."""

    code = "IMAGE_TOO_LARGE"

    def __init__(self, width: int, height: int) -> None:
        message = f"The picture has {width} by {height} pixels; {MAX_SIDE} are allowed on each side."
        super().__init__(message, width=width, height=height, limit=MAX_SIDE)


class Jpeg(JpegImageFile):
    """A JPEG of which no resolution is read: Pillow would look for it among the notes of the camera, and warn of broken ones."""

    def _read_dpi_from_exif(self) -> None:
        """Nothing."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as it is stored. Sizes are pixels."""

    media_type: MediaType
    width: int
    height: int
    content: bytes


def decode(content: bytes) -> Picture:
    """The picture in a file. Takes up to seconds of a processor. Raises UnsupportedImage or ImageTooLarge."""
    kind = next((kind for beginning, kind in BEGINNINGS.items() if content.startswith(beginning)), None)
    if kind is None or _is_odd(content, kind):
        raise UnsupportedImage
    try:
        return _decoded(content, kind)
    except PublicError:
        raise
    except Exception as error:  # Pillow has no base for what it raises of broken files
        raise UnsupportedImage from error


def _is_odd(content: bytes, kind: MediaType) -> bool:
    """Whether a PNG moves, or a JPEG passes over its pixels so often that it must mean harm."""
    return MOVES in content.partition(b"IDAT")[0] if kind is MediaType.PNG else content.count(SCAN) > MAX_SCANS


def _decoded(content: bytes, kind: MediaType) -> Picture:
    image = _opened(content, kind)
    if max(image.size) > MAX_SIDE:
        raise ImageTooLarge(*image.size)
    image.verify()  # reads a PNG to its end, after which it has to be opened anew
    image = _opened(content, kind)
    image.load()
    options: dict[str, Any] = {}
    if isinstance(image, Jpeg):
        options = {"qtables": image.quantization, "subsampling": get_sampling(image)}
    turn = TURNS.get(_orientation(image.info.get("exif", b"")))
    whole = image if kind is MediaType.JPEG else _with_transparency(image, content)
    turned: Image = whole if turn is None else whole.transpose(turn)
    turned.info = {name: value for name, value in turned.info.items() if name in KEPT_METADATA}
    written = BytesIO()
    turned.save(written, kind.name, icc_profile=turned.info.get("icc_profile"), **options)
    return Picture(kind, turned.width, turned.height, written.getvalue())


def _with_transparency(image: Image, content: bytes) -> Image:
    """The picture of a PNG whose one transparent colour is one of its pixels' colours, as Pillow has them.

    Pillow keeps that colour as the file has it, and stretches pixels of 2 and 4 bits to 8, or cuts them from 16 to 8.
    """
    bits, colour = content[DEPTH], image.info.get("transparency")
    if bits in STRETCHED and image.mode == "L" and isinstance(colour, int):
        image.info["transparency"] = colour * 255 // (2**bits - 1)
    elif bits == CUT and image.mode == "RGB" and isinstance(colour, tuple):
        image.putalpha(ImageChops.invert(_where(image, content, colour)))
        del image.info["transparency"]
    return image


def _where(image: Image, content: bytes, colour: tuple[int, ...]) -> Image:
    """Where the pixels of a picture have a colour with 16 bits, of which it has the upper 8: white there, black elsewhere."""
    lower = PngImageFile(BytesIO(content))
    lower.tile = [tile._replace(args=LOWER) for tile in lower.tile]
    lower.load()
    halves = [*((band, value >> 8) for band, value in zip(image.split(), colour, strict=True))]
    halves += ((band, value & 255) for band, value in zip(lower.split(), colour, strict=True))
    masks = [band.point([255 if each == value else 0 for each in range(256)]) for band, value in halves]
    return reduce(ImageChops.darker, masks)


def _opened(content: bytes, kind: MediaType) -> Jpeg | PngImageFile:
    """The picture with nothing but its head read. `Image.open` would warn of large ones, and try other formats."""
    return PngImageFile(BytesIO(content)) if kind is MediaType.PNG else Jpeg(BytesIO(content))


def _orientation(exif: bytes) -> int:
    """How a camera was held, by its notes; 0 where they do not say or are broken. Pillow would warn of broken ones."""
    notes = exif.removeprefix(b"Exif\0\0")
    order = "<" if notes.startswith(b"II") else ">"
    try:
        (at,) = struct.unpack_from(f"{order}I", notes, 4)
        (many,) = struct.unpack_from(f"{order}H", notes, at)
        entries = [struct.unpack_from(f"{order}HHIH", notes, at + 2 + 12 * number) for number in range(many)]
    except struct.error:
        return 0
    return next((value for tag, _, _, value in entries if tag == TURN), 0)
