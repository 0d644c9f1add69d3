"""Quotes in HTML, by the elements that mail programs put around them: for when no line of text announces one."""

from __future__ import annotations

from selectolax.lexbor import LexborHTMLParser, LexborNode

from intake.html import is_a_trap, rendered

#: elements that hold a quote or its announcement: Gmail, Apple Mail, Thunderbird, Yahoo, Proton, Zoho, mail.ru, Tuta
_HELD = (
    "blockquote[type=cite], blockquote[cite], blockquote.gmail_quote, .gmail_attr, .yahoo_quoted, .protonmail_quote, "
    ".moz-cite-prefix, .zmail_extra, .tutanota_quote, .freemail_quote, #mail-app-auto-quote, #OLK_SRC_BODY_SECTION"
)
#: elements behind which everything is quoted: Outlook on the web and on phones, Outlook Express, Outlook desktop
_BEHIND = (
    "#divRplyFwdMsg, #x_divRplyFwdMsg, #appendonsend, .OutlookMessageHeader, "
    "div[style*='border-top:solid #E1E1E1'], div[style*='border-top:solid #B5C4DF'], "
    "#mail-editor-reference-message-container"
)
#: HTML with more marks is no mail program's
MAX_MARKS = 1_000
_MARKS = (
    "blockquote",
    "gmail_attr",
    "yahoo_quoted",
    "protonmail_quote",
    "moz-cite-prefix",
    "zmail_extra",
    "RplyFwdMsg",
)
_MORE_MARKS = (
    "appendonsend",
    "OutlookMessageHeader",
    "border-top:solid",
    "auto-quote",
    "OLK_SRC",
    "tutanota",
    "freemail",
)


def own_text(html: str) -> str:
    """The text outside marked quotes; empty where nothing is marked or nothing else is there."""
    marks = sum(html.count(mark) for mark in (*_MARKS, *_MORE_MARKS))
    if not 0 < marks <= MAX_MARKS or is_a_trap(html):
        return ""
    tree = LexborHTMLParser(html)
    body = tree.body
    if body is None:
        return ""
    behind, held = body.css_first(_BEHIND), body.css(_HELD)
    if behind is None and not held:
        return ""
    if behind is not None:
        _cut(behind, body)
    # Innermost last: an element that is gone with the one around it needs no second removal.
    for node in reversed(body.css(_HELD)):
        node.decompose()
    return rendered(body)


def _cut(mark: LexborNode, body: LexborNode) -> None:
    """Removes an element and all that follows it in the document."""
    node: LexborNode | None = mark
    while node is not None and node.mem_id != body.mem_id:
        following = node.next
        while following is not None:
            later = following.next
            following.decompose()
            following = later
        node = node.parent
    mark.decompose()
