"""What is made for an order when nobody is looking speaks the language that it was bought in."""

import io

import pikepdf
import pypdfium2
import pytest

from events.models import Event
from registrations import approval, cancellation, documents, holder_mails, invoices, mails, privacy_mails, promise_mails, transfer
from registrations import waiting as waiting_list
from registrations.invoice_pdf import invoice_pdf
from registrations.models import Order
from registrations.wallets import apple, facts, google
from tests import cast
from tests.words import tour
from tests.words.marked import marked_language, unmarked, unmarked_text
from ticketing.lib import clock, languages
from workspace import mails as desk_mails
from workspace import texts

pytestmark = pytest.mark.django_db


def loaded(order):
    return Order.objects.select_related("event__organiser", "hold").get(pk=order.pk)


def paid(concert, language):
    kind = cast.ticket_type(concert, price_minor=123_450, tax_rate="7.5", name="Balcony")
    order = cast.checkout.place_order(hold=cast.held(kind), now=clock.now(), language=language)
    cast.checkout.confirm_order(order=order, now=clock.now())
    return loaded(order)


def text_of(pdf):
    return " ".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf))


def fonts_of(pdf):
    with pikepdf.open(io.BytesIO(pdf)) as file:
        return {str(font.get("/BaseFont", "")) for page in file.pages for font in page.Resources.Font.values()}


def test_mail_and_papers_are_german_when_the_order_was_bought_in_german(concert, settings):
    settings.PDF_IN_MAIL = False
    order = paid(concert, "de")
    mail = mails.order_confirmation(subject_id=order.pk, to="dana@example.com")
    assert mail.subject == f"Ihre Tickets für {concert.name}"
    assert mail.body.startswith("Guten Tag Dana,") and "Summe: 1.234,50\u00a0€" in mail.body and "darin VAT 7,5 %" in mail.body
    assert '<html lang="de">' in mail.alternatives[0].content
    assert {"Gast", "Bestellung"} <= set(text_of(documents.order_pdf(order=order)).split())
    invoice = invoices.issue(order=order, now=clock.now())
    page = text_of(invoice_pdf(invoice=invoice))
    assert "Rechnung" in page and "1.234,50" in page and invoice.facts["language"] == "de"
    assert languages.current() == "en"


def test_hindi_is_drawn_with_letters_of_its_own(concert):
    order = paid(concert, "hi")
    for pdf in (documents.order_pdf(order=order), invoice_pdf(invoice=invoices.issue(order=order, now=clock.now()))):
        assert any("Devanagari" in font for font in fonts_of(pdf)), fonts_of(pdf)


def test_an_order_that_does_not_know_speaks_its_event_s_language(concert):
    Event.objects.filter(pk=concert.pk).update(language="fr")
    concert.refresh_from_db()
    order = paid(concert, "")
    assert mails.order_cancelled(subject_id=order.pk, to="x@example.com") is None
    cancellation.cancel_order(order=order, now=clock.now())
    assert mails.order_cancelled(subject_id=order.pk, to="x@example.com").subject == f"Votre commande pour {concert.name} est annulée"


def test_an_invoice_never_changes_its_language(concert):
    order = paid(concert, "es")
    first = invoice_pdf(invoice=invoices.issue(order=order, now=clock.now()))
    Order.objects.filter(pk=order.pk).update(language="fr")
    with languages.speaking("de"):
        assert invoice_pdf(invoice=invoices.issue(order=loaded(order), now=clock.now())) == first


def test_a_pass_speaks_the_order_s_language(concert):
    order = paid(concert, "es")
    told = facts.facts_of(ticket=order.tickets.select_related("ticket_type", "order__event__organiser").first())
    assert apple.described(facts=told)["eventTicket"]["secondaryFields"][0]["label"] == "Empieza"
    assert google._text(told, "x")["defaultValue"]["language"] == "es"


def every_mail(world, hall):
    """Each kind of mail that a buyer gets, composed."""
    now, event = clock.now(), world["event"]
    order, cost = tour.ordered(world["free"], 2, language="de"), tour.ordered(world["paid"], 2, language="de")
    cast.checkout.confirm_order(order=cost, now=now)
    yield from (mails.order_confirmation(subject_id=each.pk, to="d@example.com") for each in (order, cost))
    yield mails.find_tickets(subject_id=0, to="dana@example.com")
    yield privacy_mails.erasure_asked(subject_id=order.pk, to="d@example.com")
    made = transfer.transfer_ticket(
        ticket=order.tickets.select_related("order__event").first(), name="Λέων", email="leo@example.com", now=now
    )
    yield holder_mails.ticket_received(subject_id=made.pk, to="leo@example.com")
    yield holder_mails.ticket_handed_on(subject_id=made.pk, to="dana@example.com")
    for decide in (approval.approve, approval.decline):
        asked = tour.ordered(world["asked"], language="de")
        yield promise_mails.request_received(subject_id=asked.pk, to="d@example.com")
        decide(order=loaded(asked), now=now)
        yield promise_mails.request_approved(subject_id=asked.pk, to="d@example.com")
        yield promise_mails.request_declined(subject_id=asked.pk, to="d@example.com")
    yield from _waiting(world, now)
    cancellation.cancel_order(order=order, now=now)
    yield mails.order_cancelled(subject_id=order.pk, to="d@example.com")
    with languages.speaking("de"):
        told = texts.facts_of(event=event, order=None) | {"name": "Δ", "type": "Θ", "link": "https://example.com/"}
        yield desk_mails.written(event=event, subject="Θέμα", body="Γεια {name}, {when}, {place}", facts=told, to="d@example.com")


def _waiting(world, now):
    gone = tour.ordered(world["full"], language="de")
    entries = [
        waiting_list.join(kind=world["full"], email=f"{n}@example.com", quantity=1, takes_fewer=False, now=now, language="de") for n in "ab"
    ]
    yield from (promise_mails.waiting_joined(subject_id=entry.pk, to="a@example.com") for entry in entries)
    cancellation.cancel_order(order=gone, now=now)
    tour.waiting_offers.offer_due(now=now)
    yield promise_mails.waiting_offer(subject_id=entries[0].pk, to="a@example.com")


def test_every_word_of_every_mail_is_in_a_catalogue(hall, alice, settings, tmp_path):
    settings.MEDIA_ROOT, settings.PDF_IN_MAIL = tmp_path, False
    world = tour.world(hall, alice)
    with marked_language():
        written = [mail for mail in every_mail(world, hall) if mail is not None]
    found = {}
    for mail in written:
        words = unmarked_text(f"{mail.subject}\n{mail.body}") + unmarked(mail.alternatives[0].content)
        if words:
            found[mail.subject] = words
    assert len(written) >= 14
    assert found == {}
