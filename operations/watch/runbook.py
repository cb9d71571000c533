"""docs/runbook.md, read by heading: each rule has its section."""

import functools
import re
from pathlib import Path

from django.conf import settings
from markdown_it import MarkdownIt

PATH = Path(settings.BASE_DIR) / "docs" / "runbook.md"


@functools.cache
def sections() -> dict[str, str]:
    """{rule: HTML of what to do}"""
    text = PATH.read_text() if PATH.exists() else ""
    found = re.split(r"^## ", text, flags=re.M)[1:]
    markdown = MarkdownIt("commonmark")
    return {part.partition("\n")[0].strip(): markdown.render(part.partition("\n")[2]) for part in found}


def section(*, name: str) -> str:
    return sections().get(name, "")
