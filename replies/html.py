"""Blocks as HTML: every word of a value is escaped here, and no letter file can write HTML itself."""

from __future__ import annotations

from markupsafe import Markup, escape

from replies.blocks import Block, Line, Page


def body(page: Page, *, first: bool) -> Markup:
    """A page's title and blocks; only the first page of a letter has an h1."""
    title, heading = ("h1", "h2") if first else ("h2", "h3")
    shown = f'<{title} class="title">{escape(page.title)}</{title}>\n' if page.title else ""
    # Markup, because everything below went through `escape`.
    return Markup(shown + "".join(_block(block, heading) for block in page.blocks))  # noqa: S704


def _block(block: Block, heading: str) -> str:
    match block.kind:
        case "heading":
            return f"<{heading}>{_line(block.lines[0])}</{heading}>\n"
        case "rule":
            return "<hr>\n"
        case "list":
            return "<ul>\n" + "".join(f"<li>{_line(line)}</li>\n" for line in block.lines) + "</ul>\n"
        case "rows":
            return "<dl>\n" + "".join(map(_row, block.lines)) + "</dl>\n"
        case "quote":
            return '<blockquote dir="auto">' + "<br>\n".join(map(_line, block.lines)) + "</blockquote>\n"
        case "callout":
            return f'<p class="callout"><strong>{_line(block.lines[0])}</strong></p>\n'
        case _:
            return f"<p>{_line(block.lines[0])}</p>\n"


def _row(line: Line) -> str:
    return f'<dt>{escape(line.label)}</dt><dd dir="auto">{_line(line)}</dd>\n'


def _line(line: Line) -> str:
    return "".join(run(one.text, one.href, strong=one.strong) for one in line.runs)


def run(text: str, href: str = "", *, strong: bool = False) -> str:
    """A piece of a line, escaped."""
    if href:
        return f'<a href="{escape(href)}" dir="auto">{escape(text)}</a>'
    return f"<strong>{escape(text)}</strong>" if strong else str(escape(text))
