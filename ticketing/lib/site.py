"""What every page may know about the installation; the same for everybody."""

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, object]:
    return {
        "site_name": settings.SITE_NAME,
        "site_url": settings.SITE_URL,
        "practice_payments": settings.PAYMENT_GATEWAY == "practice",
    }


def absolute(path: str) -> str:
    """A link for mails and PDFs."""
    return settings.SITE_URL + path
