"""Files that answer questions: PDFs and images, in the private store under names nobody can guess.

Images are decoded and written anew, so that nothing of the upload survives but pixels; a PDF must begin as
one and is only ever handed out as a download.
"""

import io
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from django.db.models import QuerySet
from django.http import FileResponse, Http404
from PIL import Image, ImageOps, UnidentifiedImageError

from registrations.models import AnswerFile, Order
from registrations.questionnaire import Place
from ticketing.lib import tokens
from ticketing.lib.languages import say

MAX_BYTES = 5 * 1024 * 1024
MAX_PIXELS = 40_000_000
LARGEST_SIDE = 4000
FORMATS = ("JPEG", "PNG", "WEBP")
UNUSED_FOR = timedelta(days=1)
BATCH = 200


class BadFile(ValueError):
    """The file is not taken; the sentence says the mend."""


def keep(*, event_id: int, upload: Any, now: datetime) -> dict[str, str]:
    """Store an upload; {token, name} is the answer. BadFile."""
    if upload.size > MAX_BYTES:
        raise BadFile(say("The file is larger than {megabytes} MB. Choose a smaller one.", megabytes=MAX_BYTES // 2**20))
    content, content_type, ending = _taken(upload.read())
    token = tokens.link_token()
    path = default_storage.save(f"answers/{event_id}/{token}.{ending}", ContentFile(content))
    name = _plain_name(str(upload.name), ending)
    AnswerFile.objects.create(token=token, event_id=event_id, name=name, path=path, content_type=content_type, uploaded_at=now)
    return {"token": token, "name": name}


def keep_uploads(*, event_id: int, places: Sequence[Place], now: datetime) -> None:
    """Store what was uploaded on a page; the answers become {token, name}, or say what is wrong. What an upload
    replaces before there is an order is deleted, so that nobody fills the store from one page."""
    for place in places:
        for asked in (asked for asked in place.asked if hasattr(asked.given, "read")):
            try:
                asked.given = keep(event_id=event_id, upload=asked.given, now=now)
            except BadFile as error:
                asked.given, asked.error = None, str(error)
            before = place.given.get(asked.question.key)
            if isinstance(before, dict):
                _forget(AnswerFile.objects.filter(token=before.get("token"), event=event_id, order=None))


def _taken(content: bytes) -> tuple[bytes, str, str]:
    if content.startswith(b"%PDF-"):
        return content, "application/pdf", "pdf"
    try:
        image: Image.Image = Image.open(io.BytesIO(content), formats=FORMATS)
        if image.width * image.height > MAX_PIXELS:
            raise BadFile(say("The image has too many pixels. Make it at most 6000 × 6000."))
        clear = image.mode in ("RGBA", "LA", "PA")
        image = ImageOps.exif_transpose(image).convert("RGBA" if clear else "RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        if isinstance(error, BadFile):
            raise
        raise BadFile(say("Choose a PDF, or an image as JPEG, PNG or WebP.")) from error
    image.thumbnail((LARGEST_SIDE, LARGEST_SIDE))
    out = io.BytesIO()
    image.save(out, "PNG" if clear else "JPEG", quality=88, optimize=True)
    return (out.getvalue(), "image/png", "png") if clear else (out.getvalue(), "image/jpeg", "jpg")


def _plain_name(name: str, ending: str) -> str:
    stem = name.replace("\\", "/").rsplit("/", 1)[-1].rsplit(".", 1)[0]
    kept = "".join(letter for letter in stem if letter.isalnum() or letter in " -_()")[:100].strip()
    return f"{kept or 'file'}.{ending}"


def keep_for(*, order: Order, tokens: Sequence[str]) -> None:
    """These files belong to the order; a file of another order or event is none of its."""
    if tokens:
        AnswerFile.objects.filter(token__in=tokens, event=order.event_id, order=None).update(order=order)


def download(*, order: Order, token: str) -> FileResponse:
    """The file, as a download that no browser shows or guesses the type of. Http404 when it is not the order's."""
    found = AnswerFile.objects.filter(order=order, token=token).first()
    if found is None or not default_storage.exists(found.path):
        raise Http404
    response = FileResponse(default_storage.open(found.path), as_attachment=True, filename=found.name, content_type=found.content_type)
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "private, no-store"
    return response


def forget_unused(*, now: datetime) -> int:
    """Delete what was uploaded and never ordered with. Returns how many."""
    return _forget(AnswerFile.objects.filter(order=None, uploaded_at__lt=now - UNUSED_FOR).order_by("uploaded_at"))


def _forget(rows: QuerySet[AnswerFile]) -> int:
    unused = list(rows[:BATCH])
    for each in unused:
        with transaction.atomic():
            if AnswerFile.objects.filter(pk=each.pk, order=None).delete()[0]:
                default_storage.delete(each.path)
    return len(unused)
