"""Mutations of portal appearances. Values end up in style sheets of others' pages, so each has a form that can't be anything else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa

from models import PortalAppearance
from models.portal_appearance import COLORS, LOCALES, MAX_FONT_LENGTH, MAX_NAME_LENGTH, MAX_RADIUS, MIN_CONTRAST, PAIRS
from resolvers.mutations.marketplace_profile import read_logo
from resolvers.values.contrast import contrast, shown
from resolvers.values.identifiers import Identifier
from resolvers.values.messages import worded
from resolvers.values.text import camel
from resolvers.writing.field_readers import FieldReader, assign, read_present, required_value, text
from resolvers.writing.input_reader import InputReader
from resolvers.writing.runner import ChangedIds
from resolvers.writing.unit_of_work import UnitOfWork, requires
from resolvers.writing.user_errors import ErrorCode

HEX: Final = re.compile(r"#[0-9a-f]{6}")
FAMILY: Final = r"""(?:[a-z0-9-]+(?: [a-z0-9-]+)*|'[a-z0-9 -]+'|"[a-z0-9 -]+")"""
FAMILIES: Final = re.compile(rf"{FAMILY}(?:, ?{FAMILY})*", re.IGNORECASE)
INVALID_COLOR: Final = "Enter a colour as #rrggbb, such as #0b5fff."
INVALID_FONT: Final = (
    "Enter font families of letters, digits, spaces and hyphens, separated by commas, such as Inter, sans-serif."
)
INVALID_RADIUS: Final = worded("Must be from 0 to {maximum} pixels.", maximum=MAX_RADIUS)
LONELY: Final = "Set {foreground} and {background} together, or neither."
TOO_CLOSE: Final = "{foreground} on {background} has a contrast of {ratio}:1. People with low vision need at least {minimum}:1."


@requires(Company="save_portal_appearance")
async def save_portal_appearance(work: UnitOfWork, fields: InputReader) -> ChangedIds:
    """Save how a company's portal appears. Version 0 means never saved."""
    company = await work.acting_company(fields, "save_portal_appearance")
    values = read_present(fields, READERS)
    if fields.has("logo_id"):
        values["logo_id"] = await read_logo(work, fields, company)
    work.errors.raise_if_any()
    stored = sa.select(PortalAppearance).where(PortalAppearance.company_id == company.id).with_for_update()
    appearance = await work.scalar(stored) or PortalAppearance(company_id=company.id, version=0)
    work.check_and_bump_version(fields, appearance)
    _check_contrast(fields, {name: values.get(name, getattr(appearance, name)) for name in COLORS})
    work.errors.raise_if_any()
    assign(appearance, values)
    await work.add(appearance)
    return {"portal_appearance": Identifier("PortalAppearance", company.id)}


def _check_contrast(fields: InputReader, colors: Mapping[str, str | None]) -> None:
    """Add an error for each text that can't be read on what is behind it, or whose other colour isn't known."""
    for text_name, behind_name in PAIRS:
        text_color, behind = colors[text_name], colors[behind_name]
        names = {"foreground": camel(text_name), "background": camel(behind_name)}
        if text_color is None or behind is None:
            if text_color != behind:
                fields.add_error(ErrorCode.REQUIRED, worded(LONELY, **names), text_name if text_color is None else behind_name)
        elif (ratio := contrast(text_color, behind)) < MIN_CONTRAST:
            message = worded(TOO_CLOSE, **names, ratio=shown(ratio), minimum=MIN_CONTRAST)
            fields.add_error(ErrorCode.CONTRAST_TOO_LOW, message, text_name)


def _read_color(fields: InputReader, name: str) -> str | None:
    given: str | None = fields.value(name)
    if given is None or HEX.fullmatch(color := given.lower()):
        return given and color
    fields.add_error(ErrorCode.INVALID_VALUE, INVALID_COLOR, name)
    return None


def _read_fonts(fields: InputReader, name: str) -> str | None:
    fonts = fields.text(name, MAX_FONT_LENGTH, required=False)
    if fonts is not None and not FAMILIES.fullmatch(fonts):
        fields.add_error(ErrorCode.INVALID_VALUE, INVALID_FONT, name)
        return None
    return fonts


def _read_radius(fields: InputReader, name: str) -> int | None:
    radius: int | None = fields.value(name)
    if radius is not None and not 0 <= radius <= MAX_RADIUS:
        fields.add_error(ErrorCode.INVALID_VALUE, INVALID_RADIUS, name)
        return None
    return radius


READERS: Final[Mapping[str, FieldReader]] = {
    "product_name": text(MAX_NAME_LENGTH, required=False),
    "color_scheme": required_value,
    **dict.fromkeys(COLORS, _read_color),
    "font_family": _read_fonts,
    "border_radius": _read_radius,
    "density": required_value,
    "locale": lambda fields, name: fields.choice(name, LOCALES),
}
