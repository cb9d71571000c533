"""Settings that are wrong or half given stop the start, each with a sentence that says the mend."""

from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register


@register("settings")
def serious_mode_is_whole(**kwargs: Any) -> list[CheckMessage]:
    """DATABASE_URL without the rest would lose mail, sessions or tasks silently."""
    if settings.EMBEDDED:
        return []
    found: list[CheckMessage] = []
    if not settings.REDIS_URL:
        found.append(
            Error("DATABASE_URL is set, REDIS_URL is not.", hint="Set REDIS_URL, such as redis://redis:6379/0.", id="ticketing.E001")
        )
    if len(settings.SECRET_KEY) < 40:
        hint = "Set SECRET_KEY to at least 40 random characters: python -c 'import secrets; print(secrets.token_urlsafe(50))'"
        found.append(Error("SECRET_KEY is missing or short.", hint=hint, id="ticketing.E002"))
    if urlsplit(settings.SITE_URL).scheme not in ("http", "https"):
        found.append(
            Error(
                f"SITE_URL is {settings.SITE_URL!r}.",
                hint="Set SITE_URL to the public address, such as https://tickets.example.com.",
                id="ticketing.E003",
            )
        )
    return found


@register("settings")
def storage_is_whole(**kwargs: Any) -> list[CheckMessage]:
    if settings.S3_ENDPOINT_URL and not settings.S3_BUCKET:
        return [Error("S3_ENDPOINT_URL is set, S3_BUCKET is not.", hint="Set S3_BUCKET too, or neither.", id="ticketing.E004")]
    return []


@register("settings")
def wallets_are_whole(**kwargs: Any) -> list[CheckMessage]:
    """Half of a certificate would make buttons that lead to errors."""
    found: list[CheckMessage] = []
    wallets = {
        "Apple": ("APPLE_PASS_TYPE_ID", "APPLE_TEAM_ID", "APPLE_PASS_CERTIFICATE", "APPLE_PASS_KEY", "APPLE_WWDR_CERTIFICATE"),
        "Google": ("GOOGLE_WALLET_ISSUER_ID", "GOOGLE_WALLET_ACCOUNT"),
    }
    for number, (name, parts) in enumerate(wallets.items(), start=8):
        missing = [part for part in parts if not getattr(settings, part)]
        if missing and len(missing) < len(parts):
            hint = f"Set {', '.join(missing)} too, or none of them (docs/wallets.md)."
            found.append(Error(f"{name}'s wallet is half given.", hint=hint, id=f"ticketing.E{number:03d}"))
    return found


@register(Tags.security, deploy=True)
def fit_for_the_public(**kwargs: Any) -> list[CheckMessage]:
    """`manage.py check --deploy`."""
    found: list[CheckMessage] = []
    if settings.DEBUG:
        found.append(Error("DEBUG is on.", hint="Unset DEBUG.", id="ticketing.E005"))
    if not settings.HTTPS:
        found.append(
            Error(
                "SITE_URL is not https.", hint="Set SITE_URL to an https address: passkeys and secure cookies need it.", id="ticketing.E006"
            )
        )
    if not settings.EMAIL_URL:
        found.append(
            Error(
                "EMAIL_URL is not set: mail is written to files.",
                hint="Set EMAIL_URL, such as smtp+tls://user:password@mail.example.com:587.",
                id="ticketing.E007",
            )
        )
    if not settings.S3_BUCKET:
        found.append(
            Warning("Files are kept on this machine.", hint="Set S3_BUCKET when there is more than one machine.", id="ticketing.W001")
        )
    return found
