"""The scanner's shell: one page, the same bytes for everybody, and the files a phone keeps of it.

Static names carry a hash of their content, so `version` names exactly one set of files: a phone that
has a new set waiting goes on with its old one until the steward takes it or opens the page again.
"""

import hashlib
import re
from typing import Any

from django.conf import settings
from django.contrib.staticfiles import finders
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.urls import reverse

from scanning.verdicts import WORDS

MODULES = settings.BASE_DIR / "static" / "js" / "gate"
WORKER = "decode-worker.js"
# Front-end packages: absent where Node could not install them, and the scanner then works by typing and hand scanners.
PACKAGES = {
    "reader": "vendor/barcode-detector/ponyfill.js",
    "wasm": "vendor/zxing/zxing_reader.wasm",
    "ed25519": "vendor/ed25519/index.js",
}
# Nothing but its own parts. WebAssembly runs in the decoder's worker alone, which has a policy of its own (ticketing/csp.py).
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; worker-src 'self'; "
    "frame-src 'self'; manifest-src 'self'; base-uri 'none'; frame-ancestors 'none'; form-action 'self'"
)
ADDRESS = re.compile(r'(?:href|src)="(/[^"#]+\.\w+)"')


def facts() -> dict[str, Any]:
    """What the page's modules must know: addresses of what they load later, and the words of verdicts."""
    return {
        "worker": static(f"js/gate/{WORKER}"),
        "serviceWorker": reverse("scanning:scanner-worker"),
        **{name: static(path) if finders.find(path) else "" for name, path in PACKAGES.items()},
        "words": {verdict: [words.word, words.glyph, words.colour, words.sentence] for verdict, words in WORDS.items()},
    }


def page(*, request: HttpRequest) -> str:
    return render_to_string("scanning/scanner.html", {"shell": facts()}, request)


def kept(*, request: HttpRequest) -> tuple[str, list[str]]:
    """(version, addresses): everything a phone needs to open and to read without a network."""
    markup, known = page(request=request), facts()
    modules = [static(f"js/gate/{path.name}") for path in MODULES.glob("*.js")]
    packages = [known[name] for name in PACKAGES if known[name]]
    addresses = [reverse("scanning:scanner"), *sorted({*ADDRESS.findall(markup), *modules, *packages})]
    return hashlib.sha256("\n".join([markup, *addresses]).encode()).hexdigest()[:16], addresses


def manifest() -> dict[str, Any]:
    """What installing it on a phone's home screen needs."""
    home = reverse("scanning:scanner")
    return {
        "id": home,
        "name": f"{settings.SITE_NAME} gate",
        "short_name": "Gate",
        "description": "Scan tickets at the gate, with and without a network.",
        "start_url": home,
        "scope": home,
        "display": "standalone",
        "orientation": "portrait",
        "background_color": "#10141b",
        "theme_color": "#10141b",
        "icons": [
            {"src": static("img/gate-192.png"), "sizes": "192x192", "type": "image/png", "purpose": "any"},
            {"src": static("img/gate-512.png"), "sizes": "512x512", "type": "image/png", "purpose": "any"},
            {"src": static("img/gate-512.png"), "sizes": "512x512", "type": "image/png", "purpose": "maskable"},
        ],
    }
