"""An empty form as a PDF whose fields can be filled in (ISO 32000-1, 12.7)."""

from __future__ import annotations

import io
from pathlib import Path
from typing import TYPE_CHECKING

from register.records import BlankField, BlankForm

if TYPE_CHECKING:
    from reportlab.pdfgen.canvas import Canvas

#: a sheet of A4 and what stands on it, in points
WIDTH, HEIGHT, MARGIN = 595, 842, 50
_SIZE, _LINE, _GAP = 10, 22, 8
#: from one label to the next, and from one line of text to the next
_STEP, _TEXT = _SIZE + 5 + _LINE + _GAP, _SIZE + 9

_FONT = "DejaVuSans"
_FILE = Path(__file__).with_name("DejaVuSans.ttf")


def pdf(form: BlankForm) -> bytes:
    """The form as the bytes of a PDF of one page; the same form gives the same bytes."""
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas

    if _FONT not in pdfmetrics.getRegisteredFontNames():
        pdfmetrics.registerFont(TTFont(_FONT, str(_FILE)))
    out = io.BytesIO()
    sheet = Canvas(out, pagesize=(WIDTH, HEIGHT), lang=form.language, invariant=1)
    sheet.setTitle(f"{form.title}, {form.organisation}")
    place = _head(sheet, form)
    room = _room(form, place)
    for field in form.fields:
        place = _field(sheet, field, place, room if field.long else _LINE)
    for line in form.send_to:
        place = _text(sheet, line, place - 4)
    sheet.save()
    return out.getvalue()


def _head(sheet: Canvas, form: BlankForm) -> float:
    """The school's name, its own lines and the title; where the next line stands."""
    place = _text(sheet, form.organisation, HEIGHT - MARGIN)
    if form.office:
        place = _text(sheet, form.office_title, place - 4, size=8)
        for label in form.office:
            place = _text(sheet, f"{label}: ………………………………", place)
    return _text(sheet, form.title, place - 14, size=16) - 6


def _text(sheet: Canvas, text: str, place: float, *, size: int = _SIZE) -> float:
    sheet.setFont(_FONT, size)
    sheet.drawString(MARGIN, place - size, text)
    return place - size - 5


def _room(form: BlankForm, place: float) -> float:
    """How high the field for a long text can be, so that all the others find their place below it."""
    others = _STEP * sum(not field.long for field in form.fields) + _TEXT * len(form.send_to)
    return max(_LINE, place - MARGIN / 2 - others - _STEP + _LINE)


def _field(sheet: Canvas, field: BlankField, place: float, height: float) -> float:
    """A label with its field of that height below it; where the next label stands."""
    below = _text(sheet, f"{field.label}:", place)
    facts = {
        "name": field.key,
        "tooltip": field.label,
        "x": MARGIN,
        "y": below - height + 2,
        "width": WIDTH - 2 * MARGIN,
        "height": height,
        "fontSize": _SIZE,
        "borderWidth": 0.5,
        "forceBorder": True,
        "maxlen": 20_000 if field.long else 300,
        "fieldFlags": "multiline" if field.long else "",
    }
    sheet.acroForm.textfield(**facts)
    return below - height - _GAP
