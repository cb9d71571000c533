"""The catalogues of translations: found in templates and code, kept in locale/<language>/LC_MESSAGES, compiled beside.

`make messages` writes them; docs/languages.md says how a language is worked on. Both forms are committed, so that
nothing has to be installed or compiled to run the product.
"""

import ast
import functools
import io
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from allauth import __file__ as allauth_file
from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

from ticketing.lib import languages, personal
from ticketing.lib.spoken_templates import Message, messages_in

TRANSLATED = tuple(code for code in languages.NAMES if code != languages.ENGLISH)
ROOMS = ("accounts", "events", "outbox", "payments", "registrations", "ticketing", "workspace")
CALLS = {"gettext": None, "gettext_lazy": None, "_": None, "say": None, "ngettext": (1, 2), "say_many": (1, 2)}
ALWAYS = datetime(2026, 1, 1, tzinfo=UTC)  # in headers, so that the same words are the same bytes
DATED = re.compile(
    r'^"(Project-Id-Version|POT-Creation-Date|PO-Revision-Date|Generated-By|Last-Translator|Language-Team|Report-Msgid-Bugs-To).*\n',
    re.MULTILINE,
)
PERSONAL = "ticketing/lib/personal.py"
CALL = re.compile(r"""gettext\(u?('(?:[^'\\\\]|\\\\.)*'|"(?:[^"\\\\]|\\\\.)*")\)""")  # as templatize writes them
ALLAUTH = Path(allauth_file).parent
SIGNING_IN = (
    "account/login",
    "account/signup",
    "account/request_login_code",
    "account/base_confirm_code",
    "account/confirm_login_code",
    "account/confirm_email_verification_code",
    "account/confirm_password_reset_code",
    "account/password_reset",
    "account/password_reset_done",
    "account/password_reset_from_key",
    "account/password_reset_from_key_done",
    "account/verification_sent",
    "account/account_inactive",
    "account/snippets/already_logged_in",
    "mfa/authenticate",
)
# What Django and django-axes say to somebody who signs up or in, and have not in all languages.
LACKING: tuple[Message, ...] = (
    (
        "This password is too short. It must contain at least %d character.",
        "This password is too short. It must contain at least %d characters.",
    ),
    ("Your password must contain at least %(min_length)d character.", "Your password must contain at least %(min_length)d characters."),
    ("Your password can’t be too similar to your other personal information.", None),
    ("Your password can’t be a commonly used password.", None),
    ("This password is too common.", None),
    ("The password is too similar to the %(verbose_name)s.", None),
    ("Account locked: too many login attempts. Please try again later.", None),
)
FOR_BUYERS = ("buyer", "attendee", "holder")


@functools.cache
def found() -> dict[Message, list[str]]:
    """Every message that a buyer may read, with the files that say it. With those of signing in: the package for it
    does not speak every language, and not politely in each, so all of ours have words of their own for them."""
    where: dict[Message, list[str]] = {}
    lacking = (("ticketing/catalogues.py", message) for message in LACKING)
    for path, message in (*_in_templates(), *_in_code(), *_of_personal_data(), *lacking, *_of_signing_in()):
        files = where.setdefault(message, [])
        if path not in files:
            files.append(path)
    return where


def _in_templates() -> Iterator[tuple[str, Message]]:
    for path in sorted((settings.BASE_DIR / "templates").rglob("*")):
        if path.suffix in (".html", ".txt"):
            for _line, message in messages_in(path.read_text()):
                yield str(path.relative_to(settings.BASE_DIR)), message


def _in_code() -> Iterator[tuple[str, Message]]:
    for room in ROOMS:
        for path in sorted((settings.BASE_DIR / room).rglob("*.py")):
            if "migrations" in path.parts or path.name == "spoken_templates.py":
                continue
            with path.open("rb") as file:
                for _line, said, _comments, _context in extract("python", file, keywords=CALLS):
                    one, many = said if isinstance(said, tuple) else (said, None)
                    yield str(path.relative_to(settings.BASE_DIR)), (one, many)


def _of_personal_data() -> Iterator[tuple[str, Message]]:
    """What the privacy notice says of each field, why it is kept; and the page "Your data" its model and its name too."""
    for each in personal.declared().values():
        for name, kept in each.kept.items():
            if kept.whose in FOR_BUYERS:
                of_an_order = (str(each.model._meta.verbose_name), name.replace("_", " ").capitalize()) if each.order is not None else ()
                yield from ((PERSONAL, (text, None)) for text in (*of_an_order, kept.why))


def _of_signing_in() -> Iterator[tuple[str, Message]]:
    """What allauth says to somebody who is not signed in yet."""
    for page in SIGNING_IN:
        source = (ALLAUTH / "templates" / f"{page}.html").read_text()
        for said in CALL.findall(templatize(source)):
            yield f"allauth/{page}.html", (ast.literal_eval(said), None)
    for module in ("account/forms.py", "account/fields.py", "account/adapter.py", "mfa/totp/forms.py"):
        with (ALLAUTH / module).open("rb") as file:
            for _line, said, _comments, _context in extract("python", file, keywords={"_": None, "gettext": None, "gettext_lazy": None}):
                yield f"allauth/{module}", (str(said), None)


def path_of(code: str) -> Path:
    return Path(settings.BASE_DIR) / "locale" / code / "LC_MESSAGES" / "django.po"


def read(code: str) -> Catalog:
    """The language's catalogue as it is in the checkout."""
    with path_of(code).open("rb") as file:
        return read_po(file, locale=code)


def brought_up_to_date(code: str) -> Catalog:
    """The catalogue with exactly the messages that there are now; what is new has no translation yet."""
    known, fresh = read(code), Catalog(locale=code, charset="utf-8", project="ticketing", version="", fuzzy=False)
    fresh.mime_headers = known.mime_headers  # the plural forms stand there
    for (one, many), files in sorted(found().items(), key=lambda item: (item[1][0], item[0][0])):
        before = known.get(one)
        message = (one, many) if many else one
        same_shape = before is not None and before.pluralizable == bool(many)
        fresh.add(message, before.string if before is not None and same_shape else None, locations=[(name, 1) for name in sorted(files)])
    return fresh


def written(catalogue: Catalog) -> str:
    """The catalogue's text."""
    out = io.BytesIO()
    catalogue.header_comment = "# Words for buyers; `make messages` keeps this file (docs/languages.md)."
    write_po(out, catalogue, width=0, include_lineno=False)
    return DATED.sub("", out.getvalue().decode())


def compiled(catalogue: Catalog) -> bytes:
    """What Django loads: the same words are the same bytes."""
    out = io.BytesIO()
    catalogue.creation_date = catalogue.revision_date = ALWAYS
    write_mo(out, catalogue)
    return out.getvalue()
