"""The widget's script, as other sites load it."""

import functools

from django.conf import settings


@functools.cache
def script() -> str:
    return (settings.BASE_DIR / "static" / "js" / "widget.js").read_text()
