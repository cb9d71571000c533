"""The words of a verdict: one word, one glyph, one colour, one sentence, one sound."""

from dataclasses import dataclass

from scanning.models import Verdict


@dataclass(frozen=True)
class Words:
    word: str
    glyph: str
    colour: str  # admit, already, refuse, unsure
    sentence: str


WORDS = {
    Verdict.ADMITTED: Words("Admit", "✓", "admit", "Come in."),
    Verdict.ALREADY_ADMITTED: Words("Already in", "!", "already", "This ticket was used before."),
    Verdict.UNKNOWN: Words("Unknown", "?", "refuse", "This is no ticket of ours. Read it again, or search by name."),
    Verdict.FORGED: Words("Forged", "✕", "refuse", "The signature does not fit. Don't admit."),
    Verdict.REVOKED: Words("Revoked", "✕", "refuse", "This ticket was made void. A newer one may exist: search by name."),
    Verdict.CANCELLED: Words("Cancelled", "✕", "refuse", "The order was cancelled."),
    Verdict.UNPAID: Words("Unpaid", "✕", "refuse", "The order is not paid."),
    Verdict.WRONG_EVENT: Words("Other event", "✕", "refuse", "A ticket for another event."),
    Verdict.WRONG_LIST: Words("Other gate", "✕", "refuse", "This type is not admitted at this gate."),
    Verdict.WRONG_TIME: Words("Not now", "✕", "refuse", "Not valid at this time."),
    Verdict.AUTHENTIC_UNKNOWN: Words("Genuine, not listed", "?", "unsure", "Signed by us, but not in our list. Ask your supervisor."),
    Verdict.EXITED: Words("Out", "→", "admit", "Goodbye. May come back if the list allows it."),
    Verdict.NOT_INSIDE: Words("Was not inside", "!", "already", "Let them out. The entry was not scanned; it is noted."),
    Verdict.EXPIRED_CODE: Words("Old picture", "✕", "refuse", "The code changes every 30 seconds. Ask for the live one on the phone."),
    Verdict.STATIC_CODE: Words("Not the live code", "✕", "refuse", "This event takes the changing code only: open the order's page."),
}


def words_of(verdict: str) -> Words:
    return WORDS[Verdict(verdict)]
