"""HTML becomes readable text: paragraphs, lists, tables, links and quotes kept, what no eye sees left out."""

from __future__ import annotations

import html as entities
import re
from dataclasses import dataclass, field

from selectolax.lexbor import LexborHTMLParser, LexborNode

from intake.charset import readable

#: HTML beyond this many characters or tags, or with tags nested deeper or of more attributes, is only stripped of its
#: tags, because its tree would take quadratic time or many times its memory
MAX_HTML = 2_000_000
MAX_TAGS = 40_000
MAX_NESTING = 800
MAX_ATTRIBUTES = 1_000
#: quotes within quotes beyond this are shown as the ones around them
MAX_QUOTES = 10

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)")
_VOID = {
    "area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr", "p", "li",
    "td", "th", "tr", "dd", "dt", "option",
}  # fmt: skip
_SKIPPED = {
    "script", "style", "head", "title", "template", "object", "svg", "math", "xml", "noframes", "audio", "video",
}  # fmt: skip
_BLOCKS = {
    "address", "article", "aside", "body", "center", "dd", "details", "div", "dl", "dt", "fieldset", "figure",
    "footer", "form", "header", "hr", "li", "main", "nav", "ol", "section", "table", "tbody", "tfoot", "thead",
    "tr", "ul", "pre", "summary", "caption", "legend",
}  # fmt: skip
_PARAGRAPHS = {
    "p", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote",
}  # fmt: skip
_HIDDEN = re.compile(
    r"display:none|visibility:hidden|mso-hide:all|font-size:0(?![.\d]*[1-9])|(?<![-\w])opacity:0(?![.\d])"
)
_SPACES = re.compile(r"[ \t\n\r\f\xa0]+")
_BREAK_OR_INDENT = re.compile(r"\n|  ")
_PRESERVED = re.compile(r"white-space:(?:pre|break-spaces)")
#: what stands around a quote in the HTML of the mail programs that mark it
_INDENT = re.compile(r"border(?:-left)?:(?:none|0|medium none)|margin:0 0 0 40px")
_PIECE = 50_000
_CRUDE_SKIP = re.compile(r"<(style|script|head|title)\b", re.I)


@dataclass(slots=True)
class _Writer:
    """Collects text; knows how many line breaks are owed before the next word."""

    lines: list[list[str]] = field(default_factory=lambda: [[]])
    owed: int = 0
    blank: bool = False
    #: the last number of each ordered list
    numbers: dict[int, int] = field(default_factory=dict)

    def write(self, text: str) -> None:
        if text == " ":
            self.blank = True
            return
        out = self.lines[-1]
        if self.owed and out:
            out.append("\n" * self.owed)
        elif self.blank and out and not out[-1].endswith(("\n", "\t", " ")):
            out.append(" ")
        self.owed, self.blank = 0, False
        out.append(text)

    def words(self, text: str) -> None:
        """Text in which any white space is a single blank."""
        text = _SPACES.sub(" ", text)
        if text.startswith(" "):
            self.blank = True
        if stripped := text.strip(" "):
            self.write(stripped)
        if text.endswith(" ") and stripped:
            self.blank = True

    def owe(self, breaks: int) -> None:
        self.owed = max(self.owed, breaks)
        self.blank = False

    def line_break(self) -> None:
        if self.lines[-1]:
            self.owed += 1
        self.blank = False

    def begin_quote(self) -> None:
        self.owe(2)
        self.write("")
        self.lines.append([])

    def end_quote(self) -> None:
        self.owed = 0
        quoted = "".join(self.lines.pop()).strip("\n")
        self.write(
            "\n".join(f"> {line}" if line[:1] != ">" else f">{line}" for line in quoted.split("\n")) if quoted else ""
        )
        self.owe(2)


def to_text(html: str) -> str:
    """The readable text of an HTML part; quotes that its mail program marked are lines that begin with `>`."""
    if is_a_trap(html):
        return _stripped(html)
    body = LexborHTMLParser(html).body
    return rendered(body) if body is not None else ""


def rendered(root: LexborNode) -> str:
    """The readable text below a node."""
    writer = _Writer()
    _walk(root, writer)
    while len(writer.lines) > 1:
        writer.end_quote()
    return _tidy("".join(writer.lines[0]))


def _walk(root: LexborNode, writer: _Writer) -> None:
    """Every node once, in order, without recursion: depth is the sender's choice."""
    opened: list[LexborNode] = []
    node: LexborNode | None = root
    while node is not None:
        child = _enter(node, writer)
        if child is not None:
            opened.append(node)
            node = child
            continue
        following = node.next
        while following is None and opened:
            parent = opened.pop()
            _leave(parent, writer)
            following = parent.next if opened else None
        node = following if opened else None


def _enter(node: LexborNode, writer: _Writer) -> LexborNode | None:
    """Writes what comes before a node's children; the first child, or None where there is nothing below to read."""
    tag = node.tag
    if tag == "-text":
        _text(node, writer)
        return None
    if tag is None or tag in _SKIPPED or tag.startswith(("-", "!")) or _is_hidden(node):
        return None
    if tag in ("br", "img", "hr"):
        _lone(tag, node, writer)
        return None
    if tag in _PARAGRAPHS:
        writer.owe(2)
    elif tag in _BLOCKS:
        writer.owe(1)
    if tag == "li":
        writer.write(_bullet(node, writer))
    elif tag == "blockquote" and _is_quote(node) and len(writer.lines) <= MAX_QUOTES:
        writer.begin_quote()
    child = node.first_child
    if child is None:
        _leave(node, writer)
    return child


def _leave(node: LexborNode, writer: _Writer) -> None:
    """Writes what comes after a node's children."""
    tag = node.tag or ""
    if tag == "blockquote" and _is_quote(node) and len(writer.lines) > 1:
        writer.end_quote()
    if tag in _PARAGRAPHS:
        writer.owe(2)
    elif tag in _BLOCKS:
        writer.owe(1)
    elif tag in ("td", "th") and node.next is not None:
        if not writer.owed:
            writer.write("\t")
    elif tag == "a":
        _link(node, writer)


def _text(node: LexborNode, writer: _Writer) -> None:
    text = node.text_content or ""
    parent = node.parent
    if parent is None or not _BREAK_OR_INDENT.search(text) or not _keeps_breaks(parent):
        writer.words(text)
        return
    for place, line in enumerate(text.replace("\r\n", "\n").split("\n")):
        if place:
            writer.line_break()
        if line:
            writer.write(line)


def _keeps_breaks(node: LexborNode) -> bool:
    """Whether line breaks count here: `pre`, and what Apple Mail and Outlook.com write with a style."""
    near: LexborNode | None = node
    for _ in range(4):
        if near is None:
            return False
        if near.tag in ("pre", "textarea") or _PRESERVED.search(_style(near)):
            return True
        near = near.parent
    return False


def _lone(tag: str, node: LexborNode, writer: _Writer) -> None:
    if tag == "br":
        writer.line_break()
    elif tag == "hr":
        writer.owe(2)
    else:
        alt = (node.attributes.get("alt") or "").strip()
        # An emoji sent as a picture is a word; a logo's description is not the sender's.
        if 0 < len(alt) <= 4 and not alt.isascii() and not alt[0].isalpha():
            writer.write(alt)


def _link(node: LexborNode, writer: _Writer) -> None:
    """The address of a link stands behind its text where the text does not show it."""
    target = (node.attributes.get("href") or "").strip()
    if not target.lower().startswith(("http://", "https://", "ftp://")):
        return
    shown = re.sub(r"\s+", "", node.text()[:2_000])
    bare = target.partition("://")[2].rstrip("/")
    if bare.removeprefix("www.") in shown:
        return
    if shown:
        writer.blank = not writer.owed
        writer.write(f"<{target}>")


def _bullet(node: LexborNode, writer: _Writer) -> str:
    parent = node.parent
    if parent is None or parent.tag != "ol":
        return "- "
    number = writer.numbers[parent.mem_id] = writer.numbers.get(parent.mem_id, 0) + 1
    return f"{number}. "


def _is_hidden(node: LexborNode) -> bool:
    attributes = node.attributes
    if not attributes:
        return False
    if "hidden" in attributes:
        return True
    return "style" in attributes and _HIDDEN.search(_style(node)) is not None


def _style(node: LexborNode) -> str:
    return re.sub(r"\s*([:;])\s*", r"\1", (node.attributes.get("style") or "")[:5_000].lower())


def _is_quote(node: LexborNode) -> bool:
    """A quoted message, not an indented paragraph (Gmail and Outlook use the same element for both)."""
    attributes = node.attributes
    if attributes.get("type") == "cite" or "cite" in attributes or "quote" in (attributes.get("class") or ""):
        return True
    return not _INDENT.search(_style(node))


def _tidy(text: str) -> str:
    text = re.sub(r"[ \t]+\n", "\n", readable(text))
    return re.sub(r"\n{3,}", "\n\n", text).strip()


def is_a_trap(html: str) -> bool:
    """Whether its tree would take quadratic time: too long, nested too deep, or a tag with too many attributes."""
    tags = html.count("<")
    if len(html) > MAX_HTML or tags > MAX_TAGS:
        return True
    if tags > MAX_NESTING and _nesting(html) > MAX_NESTING:
        return True
    return any(
        len(piece) > 4 * MAX_ATTRIBUTES and len(_SPACES.findall(piece.partition("<")[2], 0, 100_000)) > MAX_ATTRIBUTES
        for piece in html.split(">")
    )


def _nesting(html: str) -> int:
    depth = deepest = 0
    for match in _TAG.finditer(html):
        if match[2].lower() in _VOID:
            continue
        depth = max(depth + (-1 if match[1] else 1), 0)
        deepest = max(deepest, depth)
    return deepest


def _stripped(html: str) -> str:
    """The text between tags, piece by piece, so that time and memory stay in step with its length."""
    kept: list[str] = []
    position = 0
    while position < len(html):
        skipped = _CRUDE_SKIP.match(html, position)
        if skipped and (end := html.find(f"</{skipped[1]}", skipped.end())) >= 0:
            position = end
        stop = html.find("<", position + _PIECE)
        stop = len(html) if stop < 0 else stop
        skip = _CRUDE_SKIP.search(html, position + 1, stop)
        stop = skip.start() if skip else stop
        text = re.sub(r"(?:<[^<>]*+>?\s*+)++", " ", html[position:stop])
        kept.append(_SPACES.sub(" ", readable(entities.unescape(text))))
        position = stop
    return _tidy("".join(kept))
