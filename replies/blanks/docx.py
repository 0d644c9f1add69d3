"""An empty form as a Word document with content controls (ECMA-376, part 1, 17.5.2)."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from register.records import BlankField, BlankForm

_STYLES = Path(__file__).with_name("styles.xml")
_SPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PARTS = "http://schemas.openxmlformats.org/package/2006"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
#: the language as Word writes it, for its spelling checker
_LOCALES = {"sv": "sv-SE", "bg": "bg-BG", "nb": "nb-NO", "nn": "nn-NO", "en": "en-GB"}

_TYPES = (
    f'{_HEAD}<Types xmlns="{_PARTS}/content-types"><Default Extension="rels" ContentType='
    '"application/vnd.openxmlformats-package.relationships+xml"/>'
    '<Default Extension="xml" ContentType="application/xml"/>'
    f'<Override PartName="/word/document.xml" ContentType="{_TYPE}.document.main+xml"/>'
    f'<Override PartName="/word/styles.xml" ContentType="{_TYPE}.styles+xml"/></Types>'
)
_RELATIONS = (
    f'{_HEAD}<Relationships xmlns="{_PARTS}/relationships"><Relationship Id="r1" Type="{_OFFICE}/officeDocument" '
    'Target="word/document.xml"/></Relationships>'
)
_OF_DOCUMENT = (
    f'{_HEAD}<Relationships xmlns="{_PARTS}/relationships"><Relationship Id="r1" Type="{_OFFICE}/styles" '
    'Target="styles.xml"/></Relationships>'
)
_BORDERS = "".join(
    f'<w:{side} w:val="single" w:sz="4" w:space="0" w:color="808080"/>'
    for side in ("top", "left", "bottom", "right", "insideH", "insideV")
)


def docx(form: BlankForm) -> bytes:
    """The form as the bytes of a docx; the same form gives the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as package:
        for name, text in (
            ("[Content_Types].xml", _TYPES),
            ("_rels/.rels", _RELATIONS),
            ("word/_rels/document.xml.rels", _OF_DOCUMENT),
            ("word/styles.xml", _styles(form.language)),
            ("word/document.xml", _document(form)),
        ):
            # A ZipInfo without a time has the year 1980.
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            package.writestr(entry, text)
    return out.getvalue()


def _document(form: BlankForm) -> str:
    office = [_line(form.office_title, "Small"), *(_line(f"{label}:") for label in form.office)] if form.office else []
    rows = "".join(_row(field, form.hint, number) for number, field in enumerate(form.fields, 1))
    table = (
        f'<w:tbl><w:tblPr><w:tblW w:w="5000" w:type="pct"/><w:tblBorders>{_BORDERS}</w:tblBorders></w:tblPr>'
        f'<w:tblGrid><w:gridCol w:w="3200"/><w:gridCol w:w="6400"/></w:tblGrid>{rows}</w:tbl>'
    )
    after = [_line(""), *(_line(line) for line in form.send_to)]
    body = "".join((*office, _line(form.organisation, "Small"), _line(form.title, "Title"), table, *after))
    page = '<w:sectPr><w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1134" w:right="1134" w:bottom="1134" '
    page += 'w:left="1134" w:header="567" w:footer="567" w:gutter="0"/></w:sectPr>'
    return f'{_HEAD}<w:document xmlns:w="{_SPACE}"><w:body>{body}{page}</w:body></w:document>'


def _row(field: BlankField, hint: str, number: int) -> str:
    height = '<w:trPr><w:trHeight w:val="4500" w:hRule="atLeast"/></w:trPr>' if field.long else ""
    label = f'<w:tc><w:tcPr><w:tcW w:w="3200" w:type="dxa"/></w:tcPr>{_line(f"{field.label}:")}</w:tc>'
    value = f'<w:tc><w:tcPr><w:tcW w:w="6400" w:type="dxa"/></w:tcPr>{_control(field, hint, number)}</w:tc>'
    return f"<w:tr>{height}{label}{value}</w:tr>"


def _control(field: BlankField, hint: str, number: int) -> str:
    """A paragraph with a control that shows a hint until something is written or chosen."""
    kind = '<w:text w:multiLine="1"/>' if field.long else "<w:text/>"
    if field.choices:
        listed = "".join(
            f"<w:listItem w:displayText={quoteattr(one)} w:value={quoteattr(one)}/>" for one in field.choices
        )
        kind = f"<w:comboBox>{listed}</w:comboBox>"
    facts = (
        f'<w:alias w:val={quoteattr(field.label)}/><w:tag w:val="{field.key}"/><w:id w:val="{number}"/>'
        f"<w:showingPlcHdr/>{kind}"
    )
    run = f'<w:r><w:rPr><w:rStyle w:val="Hint"/></w:rPr><w:t>{escape(hint)}</w:t></w:r>'
    return f"<w:p><w:sdt><w:sdtPr>{facts}</w:sdtPr><w:sdtContent>{run}</w:sdtContent></w:sdt></w:p>"


def _line(text: str, style: str = "") -> str:
    chosen = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f'<w:p>{chosen}<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r></w:p>'


def _styles(language: str) -> str:
    return _STYLES.read_text(encoding="utf-8").replace("{locale}", _LOCALES.get(language, language))
