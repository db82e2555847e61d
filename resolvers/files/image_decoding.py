"""Decodes uploaded images completely and encodes them again, so that every stored file was written here (A2).

The file's declared type is ignored. Its size is checked before any pixel is decoded. Metadata (GPS position, comments, a second file
appended to the first) is dropped, after applying the camera's orientation. PNG is lossless except for 16-bit colours, of which Pillow
keeps the upper 8 bits. JPEG is saved with its original quantization tables.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from functools import reduce
from io import BytesIO
from typing import Any, Final

from PIL import ImageChops
from PIL.Image import Image, Transpose
from PIL.Image import open as open_image
from PIL.JpegImagePlugin import JpegImageFile, get_sampling
from PIL.PngImagePlugin import PngImageFile

from models.image import MediaType
from resolvers.values.errors import PublicError

MAX_BYTES: Final = 2 * 1024 * 1024
MAX_SIDE: Final = 4096  # pixels
KEPT_METADATA: Final = ("icc_profile", "transparency")  # what the colours depend on
ANIMATION_CHUNK: Final = b"acTL"  # the PNG chunk with the number of frames, before the first frame
SCAN_MARKER: Final = b"\xff\xda"  # starts a JPEG scan, which passes over all pixels
MAX_SCANS: Final = 32  # most tools write at most a dozen; decoding thousands of empty scans would take hours
BIT_DEPTH_OFFSET: Final = 24  # where a PNG stores the bits per sample
SCALED_DEPTHS: Final = (2, 4)  # bits
TRUNCATED_DEPTH: Final = 16
LOW_BYTE_MODE: Final = "RGB;16L"  # reads the second byte of each sample; PNG is big-endian
ORIENTATION_TAG: Final = 0x0112  # EXIF orientation
TRANSPOSE_BY_ORIENTATION: Final = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
WEBP_QUALITY: Final = 85
SIGNATURES: Final = {b"\x89PNG\r\n\x1a\n": MediaType.PNG, b"\xff\xd8\xff": MediaType.JPEG}


class UnsupportedImage(PublicError):
    """The file isn't a PNG or JPEG image that can be decoded completely, or it's animated."""

    code = "UNSUPPORTED_IMAGE"

    def __init__(self) -> None:
        super().__init__(
            "Not a valid PNG or JPEG image, or an animated one. Send the file's bytes, unchanged, as the request body."
        )


class ImageTooLarge(PublicError):
    """The image has too many pixels."""

    code = "IMAGE_TOO_LARGE"

    def __init__(self, width: int, height: int, limit: int) -> None:
        message = f"Image must be {limit} pixels or fewer on each side (got {width} by {height})."
        super().__init__(message, width=width, height=height, limit=limit)


class Jpeg(JpegImageFile):
    """A JPEG whose resolution isn't read: Pillow would look for it in the EXIF data and warn if that is broken."""

    def _read_dpi_from_exif(self) -> None:
        """Leave the resolution unread."""


@dataclass(frozen=True, slots=True)
class Picture:
    """An image as it is stored. Sizes are pixels."""

    media_type: MediaType
    width: int
    height: int
    content: bytes


def decode(content: bytes, max_side: int = MAX_SIDE) -> Picture:
    """Decode an uploaded file with at most `max_side` pixels on each side. Can take several seconds of CPU time.

    Raises UnsupportedImage or ImageTooLarge.
    """
    kind = next((kind for signature, kind in SIGNATURES.items() if content.startswith(signature)), None)
    if kind is None or _is_suspicious(content, kind):
        raise UnsupportedImage
    try:
        return _reencode(content, kind, max_side)
    except PublicError:
        raise
    except Exception as error:  # Pillow's errors for broken files have no common base class
        raise UnsupportedImage from error


def shrink(content: bytes, side: int) -> bytes:
    """Return a stored image as WebP with at most `side` pixels on its longer side."""
    image: Image = open_image(BytesIO(content))
    if image.mode not in ("RGB", "RGBA"):
        image = image.convert("RGBA" if "transparency" in image.info or "A" in image.mode else "RGB")
    profile = image.info.get("icc_profile", b"")
    image.thumbnail((side, side))
    out = BytesIO()
    image.save(out, "WEBP", quality=WEBP_QUALITY, icc_profile=profile)
    return out.getvalue()


def _is_suspicious(content: bytes, kind: MediaType) -> bool:
    """Return True for an animated PNG, or a JPEG with so many scans that it must be an attack."""
    return ANIMATION_CHUNK in content.partition(b"IDAT")[0] if kind is MediaType.PNG else content.count(SCAN_MARKER) > MAX_SCANS


def _reencode(content: bytes, kind: MediaType, max_side: int) -> Picture:
    image = _open_header(content, kind)
    if max(image.size) > max_side:
        raise ImageTooLarge(*image.size, max_side)
    image.verify()  # reads a PNG to its end, so it must be opened again
    image = _open_header(content, kind)
    image.load()
    options: dict[str, Any] = {}
    if isinstance(image, Jpeg):
        options = {"qtables": image.quantization, "subsampling": get_sampling(image)}
    turn = TRANSPOSE_BY_ORIENTATION.get(_orientation(image.info.get("exif", b"")))
    whole = image if kind is MediaType.JPEG else _with_transparency(image, content)
    turned: Image = whole if turn is None else whole.transpose(turn)
    turned.info = {name: value for name, value in turned.info.items() if name in KEPT_METADATA}
    buffer = BytesIO()
    turned.save(buffer, kind.name, icc_profile=turned.info.get("icc_profile"), **options)
    return Picture(kind, turned.width, turned.height, buffer.getvalue())


def _with_transparency(image: Image, content: bytes) -> Image:
    """Return a PNG image whose transparent colour, if it has one, matches its decoded pixels.

    Pillow scales pixels of 2 and 4 bits up to 8 and truncates those of 16 bits to 8, but keeps the transparent colour as in the file.
    """
    bits, colour = content[BIT_DEPTH_OFFSET], image.info.get("transparency")
    if bits in SCALED_DEPTHS and image.mode == "L" and isinstance(colour, int):
        image.info["transparency"] = colour * 255 // (2**bits - 1)
    elif bits == TRUNCATED_DEPTH and image.mode == "RGB" and isinstance(colour, tuple):
        image.putalpha(ImageChops.invert(_colour_mask(image, content, colour)))
        del image.info["transparency"]
    return image


def _colour_mask(image: Image, content: bytes, colour: tuple[int, ...]) -> Image:
    """Return a mask: white where pixels have the given 16-bit colour, black elsewhere. `image` has only the upper 8 bits."""
    lower = PngImageFile(BytesIO(content))
    lower.tile = [tile._replace(args=LOW_BYTE_MODE) for tile in lower.tile]
    lower.load()
    halves = [*((band, value >> 8) for band, value in zip(image.split(), colour, strict=True))]
    halves += ((band, value & 255) for band, value in zip(lower.split(), colour, strict=True))
    masks = [band.point([255 if level == value else 0 for level in range(256)]) for band, value in halves]
    return reduce(ImageChops.darker, masks)


def _open_header(content: bytes, kind: MediaType) -> Jpeg | PngImageFile:
    """Open an image and read only its header. `PIL.Image.open` would warn about large images and try other formats."""
    return PngImageFile(BytesIO(content)) if kind is MediaType.PNG else Jpeg(BytesIO(content))


def _orientation(exif: bytes) -> int:
    """Return the EXIF orientation, or 0 if it's missing or broken. Pillow would warn about broken EXIF data."""
    tiff = exif.removeprefix(b"Exif\0\0")
    order = "<" if tiff.startswith(b"II") else ">"
    try:
        (offset,) = struct.unpack_from(f"{order}I", tiff, 4)
        (count,) = struct.unpack_from(f"{order}H", tiff, offset)
        entries = [struct.unpack_from(f"{order}HHIH", tiff, offset + 2 + 12 * index) for index in range(count)]
    except struct.error:
        return 0
    return next((value for tag, _, _, value in entries if tag == ORIENTATION_TAG), 0)
