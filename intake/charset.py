"""Bytes become readable text: the charset that was meant, not only the one that was declared."""

from __future__ import annotations

import codecs
import re
from functools import lru_cache

#: how much of a text the guess of its charset looks at
GUESS_FROM = 60_000

#: labels that say nothing, or that Python knows by another name or takes for a narrower table than their users do
_ALIASES = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "gb_2312-80": "gb18030",
    "chinese": "gb18030",
    "euc-kr": "cp949",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "ksc5601": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "sjis": "cp932",
    "windows-31j": "cp932",
    "big5": "big5hkscs",
    "cp50220": "iso-2022-jp",
    "cp50221": "iso-2022-jp",
    "cp50222": "iso-2022-jp",
    "iso-2022-jp-ms": "iso-2022-jp",
    "tis-620": "cp874",
    "iso-8859-11": "cp874",
    "iso-8859-1": "cp1252",
    "latin1": "cp1252",
    "iso-8859-9": "cp1254",
    "iso-8859-8-i": "cp1255",
    "iso-8859-8-e": "cp1255",
    "iso-8859-8": "cp1255",
    "macintosh": "mac_roman",
    "mac": "mac_roman",
    "mac-cyrillic": "mac_cyrillic",
    "unicode-1-1-utf-7": "utf-7",
    "utf8mb4": "utf-8",
    "utf-8mb4": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "win1251": "cp1251",
    "win-1251": "cp1251",
}
_SAYS_NOTHING = {
    "default", "unknown", "unknown-8bit", "x-unknown", "8bit", "x-user-defined", "_autodetect", "_autodetect_all",
    "none", "binary", "us-ascii", "ascii", "ansi_x3.4-1968", "unicode",
}  # fmt: skip
#: text codecs of Python that are no charsets of mail, or that take quadratic time
_NO_CHARSETS = {
    "idna", "punycode", "unicode-escape", "raw-unicode-escape", "undefined", "mbcs", "oem",
}  # fmt: skip
_STATEFUL = ("iso2022", "utf-7", "utf-16", "utf-32", "hz", "cp037", "cp500", "cp1140", "cp273", "cp424")
_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_ISO = re.compile(r"iso[-_ ]?8859[-_ ]?(\d{1,2})(-[ie])?")
_WINDOWS = re.compile(r"(?:x-)?(?:windows|win|cp|ms|ibm|x-cp)[-_ ]?(\d{3,5})")
_MULTIBYTE = ("gb18030", "big5", "cp949", "cp932", "euc")
_UNWANTED = re.compile("[\0-\x08\x0b-\x1f\x7f-\x9f\ufeff\ud800-\udfff\ufffe\uffff]")
_FOLD = re.compile(r"\r?\n(?=[ \t])")
_BREAK = re.compile("\r\n|[\t\n\r\x0b\x0c\x1c-\x1f\x85\u2028\u2029]")
_BEYOND_ASCII = re.compile(rb"[\x80-\xff]+")
_LATIN = ("cp1252", "cp1250", "cp1254", "windows-1257")
_OTHER_SCRIPTS = (
    *("windows-1251", "koi8-r", "iso-8859-5", "cp866", "windows-1253", "windows-1255", "windows-1256"),
    *("gb18030", "big5hkscs", "cp932", "euc-jis-2004", "cp949", "cp874"),
)
_HIGH_RUN = re.compile(rb"[\xc0-\xff]{4,}")
_JIS = re.compile(rb"\x1b(\$B|\$@|\(B|\(J|\(I|\$\(D)")


def decode(data: bytes, label: str = "", hint: str = "") -> str:
    """The text of `data`: strict UTF-8, then the declared charset, then the hint, then a guess, then cp1252."""
    codec = _codec(label)
    if codec == "utf-7" or (_codec(hint) == "utf-7" and not codec):
        return _strictly(data, "utf-7") or data.decode("utf-8", "lyhord.latin")
    if data.isascii() and not codec.startswith(_STATEFUL) and b"\x1b$" not in data:
        return data.decode("ascii")
    for mark, name in _BYTE_ORDER_MARKS:
        if data.startswith(mark) and (mark == codecs.BOM_UTF8 or len(data) % 2 == 0):
            return data[len(mark) :].decode(name, "replace")
    if codec.startswith("iso2022_jp") or (b"\x1b$" in data and data.isascii()):
        return _japanese(data)
    if codec.startswith(("utf-16", "utf-32")):
        return _wide(data, codec)
    return _eight_bit(data, codec, _codec(hint))


def _eight_bit(data: bytes, codec: str, hint: str) -> str:
    if codec.startswith(_STATEFUL) and (text := _strictly(data, codec)) is not None:
        return text
    text = _strictly(data, "utf-8")
    if text is not None and not _rather_declared(data, text, codec):
        return text
    for name in (codec, hint):
        if name not in ("", "utf-8") and (text := _strictly(data, name)) is not None:
            return text
    # What was declared Latin and cannot be is no help any more.
    return _nearly(data, "" if codec == "cp1252" else codec) or _guessed(data) or data.decode("cp1252", "lyhord.latin")


def _rather_declared(data: bytes, text: str, codec: str) -> bool:
    """Two bytes that make a Chinese or Korean character can pass for UTF-8 when the text is very short."""
    return len(text) < 20 and codec.startswith(_MULTIBYTE) and max(text) < "ࠀ" and _strictly(data, codec) is not None


def _strictly(data: bytes, codec: str) -> str | None:
    try:
        if codec == "cp1252":
            return None if _is_not_latin(data) else data.decode("cp1252", "lyhord.latin")
        return data.decode(codec)
    except (UnicodeError, LookupError):
        return None


def _is_not_latin(data: bytes) -> bool:
    """Bytes without a place in cp1252, or words of nothing but accented letters: another table under a wrong label."""
    if sum(data.count(byte) for byte in (0x81, 0x8D, 0x8F, 0x90, 0x9D)) > len(data) // 100:
        return True
    high = sum(len(run) for run in _HIGH_RUN.findall(data[:GUESS_FROM]))
    return high >= 8 and high * 2 > sum(byte >= 0xC0 for byte in data[:GUESS_FROM])


def _nearly(data: bytes, codec: str) -> str:
    """The declared charset (or UTF-8) where a few bytes are wrong: those are read as cp1252, a cut end is left out."""
    for name in dict.fromkeys((codec or "utf-8", "utf-8")):
        text = data.decode(name, "replace")
        wrong = text.count("\ufffd")
        right = sum(char > "\x7f" for char in text[:GUESS_FROM]) - wrong
        if right > 0 and (wrong * 4 <= right or (wrong == 1 and text.endswith("\ufffd"))):
            return data.decode(name, "lyhord.latin").rstrip("\ufffd")
    return ""


def _guessed(data: bytes) -> str:
    """What chardet takes it for, among what fits the way its bytes stand; empty where it does not know."""
    name = _detect(_interesting(data[:GUESS_FROM]))
    return (_strictly(data, name) or "") if name else ""


def _interesting(data: bytes) -> bytes:
    """The lines that hold bytes beyond ASCII: markup and English around them only mislead the guess."""
    return b"\n".join(line for line in data.splitlines() if not line.isascii())


def _detect(data: bytes) -> str:
    # Imported here: its tables are large, and most mail never needs a guess.
    import chardet

    runs = _BEYOND_ASCII.findall(data)
    together = sum(len(run) for run in runs if len(run) > 1)
    # Accented letters stand alone among plain ones; the letters of other scripts stand together.
    among = _OTHER_SCRIPTS if together * 2 > sum(map(len, runs)) else _LATIN
    found = chardet.detect(data, include_encodings=among, no_match_encoding=among[0])
    return _codec(str(found.get("encoding") or ""))


@lru_cache(maxsize=512)
def _codec(label: str) -> str:
    """Python's name of the table that users of a label mean; empty where the label says nothing."""
    label = label.strip(" \t\"'<>").lower().partition("*")[0]
    if not label or len(label) > 60 or label in _SAYS_NOTHING:
        return ""
    if iso := _ISO.fullmatch(label):
        label = f"iso-8859-{iso[1]}"
    elif windows := _WINDOWS.fullmatch(label):
        label = f"cp{windows[1]}"
    for name in (label, label.removeprefix("x-"), label.replace("_", "-")):
        known = _known(_ALIASES.get(name, name))
        if known:
            return known
    return ""


def _known(name: str) -> str:
    try:
        info = codecs.lookup(name)
    except (LookupError, ValueError):
        return ""
    return info.name if info._is_text_encoding and info.name.replace("_", "-") not in _NO_CHARSETS else ""


def _wide(data: bytes, codec: str) -> str:
    """UTF-16 and UTF-32 without a byte order mark: the order in which the zero bytes stand."""
    if codec in ("utf-16", "utf-32"):
        little = data[1::2].count(0) > data[::2].count(0)
        codec += "-le" if little else "-be"
    return data.decode(codec, "replace")


def _japanese(data: bytes) -> str:
    """ISO-2022-JP as mail programs write it: with NEC's and IBM's characters and half-width kana (cp50220)."""
    text, mode, position = [], b"(B", 0
    for match in _JIS.finditer(data):
        text.append(_japanese_run(data[position : match.start()], mode))
        mode, position = match[1], match.end()
    text.append(_japanese_run(data[position:], mode))
    return "".join(text)


def _japanese_run(run: bytes, mode: bytes) -> str:
    if mode in (b"$B", b"$@"):
        return _shifted(run).decode("cp932", "replace")
    if mode == b"(I":
        return bytes(byte | 0x80 for byte in run).decode("cp932", "replace")
    if mode == b"$(D":
        return b"".join(b"\x8f" + bytes((run[i] | 0x80, run[i + 1] | 0x80)) for i in range(0, len(run) - 1, 2)).decode(
            "euc_jp", "replace"
        )
    return run.decode("ascii") if run.isascii() else run.decode("utf-8", "lyhord.latin")


def _shifted(run: bytes) -> bytes:
    """JIS X 0208 as Shift JIS, two bytes at a time; line breaks within the run are left as they are."""
    out = bytearray()
    position = 0
    while position < len(run):
        first = run[position]
        if first < 0x21 or position + 1 >= len(run):
            out.append(first)
            position += 1
            continue
        second = run[position + 1]
        out.append(((first + 1) >> 1) + (0x70 if first < 0x5F else 0xB0))
        out.append(second + (0x1F if second < 0x60 else 0x20) if first & 1 else second + 0x7E)
        position += 2
    return bytes(out)


def _latin(error: UnicodeError) -> tuple[str, int]:
    """Error handler: the bytes that do not fit are read as cp1252, or as Latin-1 where that has nothing."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    wrong = error.object[error.start : error.end]
    if error.end == len(error.object) and error.reason == "unexpected end of data":
        return "\ufffd", error.end
    return wrong.decode("cp1252", "ignore") or wrong.decode("latin-1"), error.end


codecs.register_error("lyhord.latin", _latin)


def readable(text: str) -> str:
    """Text of several lines without control characters, lone surrogates and byte order marks; line ends are LF."""
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    return _UNWANTED.sub("", text)


def single_line(text: str) -> str:
    """Text of one line: unfolded, each break or tab a space, nothing that is no character left."""
    text = text.strip()
    if not text.isprintable():
        text = text.replace("\r\n ", " ").replace("\r\n\t", " ").replace("\t", " ").rstrip()
    if not text.isprintable():
        text = _UNWANTED.sub("", _BREAK.sub(" ", _FOLD.sub("", text)))
    return text.strip()
