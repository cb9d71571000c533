"""Organisers' Markdown as safe HTML."""

import functools

import nh3
from markdown_it import MarkdownIt

TAGS = {"p", "br", "strong", "em", "ul", "ol", "li", "a", "h2", "h3", "h4", "blockquote", "code", "pre", "hr"}
_markdown = MarkdownIt("commonmark", {"html": False, "breaks": True})


@functools.lru_cache(maxsize=512)
def to_html(text: str) -> str:
    """Markdown → HTML of a few harmless tags; links open as they are, marked nofollow."""
    rendered = _markdown.render(text).replace("<h1>", "<h2>").replace("</h1>", "</h2>")
    return nh3.clean(rendered, tags=TAGS, attributes={"a": {"href"}}, url_schemes={"http", "https", "mailto"}, link_rel="nofollow noopener")
