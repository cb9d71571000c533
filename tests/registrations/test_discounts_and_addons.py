"""What is taken off without a code, what is sold only with a ticket, and the headings of the page."""

import pytest

from events import categories, publication, questions, reserving
from events.models import Category, Discount, Question, TicketType
from operations.audit import audit
from registrations import checkout
from registrations.models import Hold
from tests import cast
from ticketing.lib import clock

pytestmark = pytest.mark.django_db


@pytest.fixture
def seat(concert):
    return cast.ticket_type(concert, price_minor=2000, name="Seat")


@pytest.fixture(autouse=True)
def clean(db):
    yield
    assert [finding.violated for finding in audit() if finding.invariant.name in ("I1", "I5", "I6") and finding.violated] == []


def hold(event, picks, **options):
    chosen = [checkout.Pick(ticket_type=kind, quantity=quantity) for kind, quantity in picks.items()]
    return checkout.hold(event=event, picks=chosen, now=clock.now(), **options)


def lines(made):
    return [(line.ticket_type.name, line.quantity, line.price_minor, line.discount_minor) for line in made.lines.all()]


def test_from_so_many_tickets_each_costs_less(concert, seat):
    cast.discount(concert, 4, percent=10)
    assert lines(hold(concert, {seat: 3})) == [("Seat", 3, 2000, 0)]
    assert lines(hold(concert, {seat: 4})) == [("Seat", 4, 1800, 200)]


def test_tickets_of_all_its_types_count_together(concert, seat):
    reduced, other = cast.ticket_type(concert, price_minor=1000, name="Reduced"), cast.ticket_type(concert, price_minor=500, name="Other")
    cast.discount(concert, 3, amount_minor=300, kinds=[seat, reduced])
    made = hold(concert, {seat: 2, reduced: 1, other: 1})
    assert lines(made) == [("Seat", 2, 1700, 300), ("Reduced", 1, 700, 300), ("Other", 1, 500, 0)]


def test_the_best_one_applies_and_only_one(concert, seat):
    cast.discount(concert, 2, percent=10, name="Pair")
    cast.discount(concert, 4, percent=25, name="Group")
    made = hold(concert, {seat: 4})
    assert (made.discount.name, lines(made)) == ("Group", [("Seat", 4, 1500, 500)])


def test_it_is_shown_on_the_page_and_before_paying(client, concert, seat):
    cast.discount(concert, 4, percent=25)
    assert "Group price: from 4 tickets, 25 % off each." in client.get(concert.get_absolute_url()).text
    details = client.post(f"/events/{concert.slug}/holds/", {f"quantity-{seat.pk}": 4}, follow=True)
    assert "Group price, €5 off each" in details.text.replace("€5.00", "€5") and "€60" in details.text


def test_the_code_or_the_discount_whichever_takes_off_more(concert, seat):
    code = cast.code(concert, percent=15, max_uses=1)
    cast.discount(concert, 4, percent=25)
    few = hold(concert, {seat: 2}, code="SUMMER")
    assert (few.discount_id, lines(few)) == (None, [("Seat", 2, 1700, 300)])
    checkout.release_hold(hold=few, now=clock.now())
    many = hold(concert, {seat: 4}, code="SUMMER")
    code.refresh_from_db()
    assert (many.promotion_id, lines(many), code.uses) == (None, [("Seat", 4, 1500, 500)], 0)


def test_a_code_that_opens_a_type_is_used_even_where_the_discount_is_better(concert):
    press = cast.ticket_type(concert, price_minor=2000, hidden=True)
    code = cast.code(concert, unlocks_hidden=True, percent=5)
    cast.discount(concert, 2, percent=50)
    made = hold(concert, {press: 2}, code="SUMMER")
    code.refresh_from_db()
    assert made.promotion_id == code.pk and made.discount_id and (code.uses, code.given_minor) == (1, 0)
    checkout.release_hold(hold=made, now=clock.now())


def test_nothing_is_taken_off_what_buyers_choose_to_give(concert):
    gift = cast.ticket_type(concert, pricing="donation", price_minor=500)
    cast.discount(concert, 2, percent=50)
    assert lines(hold(concert, {gift: 3}))[0][2:] == (500, 0)


def test_the_organiser_writes_discounts_and_nobody_else(client, alice, charlie, concert, seat):
    base = f"/manage/events/{concert.slug}/discounts/"
    client.force_login(charlie)
    assert client.post(base + "new/", {}).status_code == 404
    client.force_login(alice)
    form = {"name": "Group", "from_tickets": "4", "percent": "10"}
    assert client.post(base + "new/", form | {"amount": "3"}).status_code == 422
    assert client.post(base + "new/", form).status_code == 302
    concert.refresh_from_db()
    made = Discount.objects.get()
    assert concert.discounted and "10 % off each" in client.get(f"/manage/events/{concert.slug}/tickets/").text
    assert client.post(f"{base}{made.pk}/", form | {"percent": "20"}).status_code == 302
    client.post(f"{base}{made.pk}/archive/")
    concert.refresh_from_db()
    assert not concert.discounted


def test_an_addon_is_sold_only_with_its_ticket_and_so_many_for_each(concert, seat):
    parking = cast.ticket_type(concert, price_minor=500, name="Parking", is_addon=True, most_per_ticket=1)
    parking.base_types.add(seat)
    other = cast.ticket_type(concert, price_minor=1000, name="Standing")
    for picks, code in [({parking: 1}, "addon_alone"), ({other: 2, parking: 1}, "addon_alone"), ({seat: 1, parking: 2}, "addon_too_many")]:
        with pytest.raises(checkout.Refused) as refused:
            hold(concert, picks)
        assert (refused.value.code, refused.value.ticket_type_id) == (code, parking.pk)
    assert len(lines(hold(concert, {seat: 2, parking: 2}))) == 2


def test_an_addon_of_any_ticket_does_not_go_with_another_addon(concert, seat):
    cup, shirt = (cast.ticket_type(concert, price_minor=500, is_addon=True) for _ in range(2))
    with pytest.raises(checkout.Refused, match="only with a ticket"):
        hold(concert, {cup: 1, shirt: 1})
    hold(concert, {cup: 1, shirt: 1, seat: 1})


def test_addons_do_not_count_against_the_limit_per_buyer(client, concert, seat):
    type(concert).objects.filter(pk=concert.pk).update(max_per_buyer=2)
    concert.refresh_from_db()
    seat.event = concert
    cup = cast.ticket_type(concert, name="Cup", is_addon=True, price_minor=100)
    made = hold(concert, {seat: 2, cup: 2})
    checkout.save_details(hold=made, buyer_name="Dana", buyer_email="dana@example.com", attendees=[])
    assert checkout.place_order(hold=made, now=clock.now()).lines.count() == 2
    with pytest.raises(checkout.Refused):
        hold(concert, {seat: 3})


def test_nobody_is_asked_for_the_name_of_a_cup(client, concert, seat):
    cup = cast.ticket_type(concert, name="Cup", is_addon=True, price_minor=100)
    page = client.post(f"/events/{concert.slug}/holds/", {f"quantity-{seat.pk}": 1, f"quantity-{cup.pk}": 2}, follow=True)
    assert "attendee-1-name" in page.text and "attendee-2-name" not in page.text


def test_the_page_groups_types_under_headings(client, concert, seat):
    camping = categories.save(
        event=concert, category=Category(), fields={"name": "Camping", "description": "On the meadow.", "position": 0}
    )
    cast.ticket_type(concert, name="Tent", category=camping)
    cup = cast.ticket_type(concert, name="Cup", is_addon=True)
    cup.base_types.add(seat)
    text = client.get(concert.get_absolute_url()).text
    places = [text.index(part) for part in (">Seat<", "Camping", "On the meadow.", ">Tent<", "To go with your tickets", "Only with Seat")]
    assert places == sorted(places)
    categories.remove(category=camping)
    assert ">Tent<" in client.get(concert.get_absolute_url()).text


def test_the_form_of_a_type_has_category_and_addon(client, alice, concert, seat):
    camping = categories.save(event=concert, category=Category(), fields={"name": "Camping", "description": "", "position": 0})
    client.force_login(alice)
    form = {"name": "Tent", "pricing": "fixed", "price": "5", "capacity": "10", "min_per_order": "1", "max_per_order": "5"}
    extra = {"category": camping.pk, "is_addon": "on", "base_types": [seat.pk], "most_per_ticket": "2"}
    assert client.post(f"/manage/events/{concert.slug}/tickets/new/", form | extra).status_code == 302
    tent = TicketType.objects.get(name="Tent")
    assert (tent.category, tent.is_addon, tent.most_per_ticket, list(tent.base_types.all())) == (camping, True, 2, [seat])
    assert client.post(f"/manage/events/{concert.slug}/tickets/{tent.pk}/", form).status_code == 302
    tent.refresh_from_db()
    assert (tent.is_addon, tent.most_per_ticket, list(tent.base_types.all())) == (False, None, [])


def test_a_type_that_sold_is_renamed_with_its_capacity_and_keeps_it(client, alice, concert):
    client.force_login(alice)
    form = {"name": "Seat", "pricing": "free", "capacity": "10", "min_per_order": "1", "max_per_order": "5"}
    client.post(f"/manage/events/{concert.slug}/tickets/new/", form)
    seat = TicketType.objects.get(name="Seat")
    seat.event = concert
    cast.ordered(seat, 2)
    assert client.post(f"/manage/events/{concert.slug}/tickets/{seat.pk}/", form | {"name": "Chair", "capacity": "12"}).status_code == 302
    assert [(quota.name, quota.capacity, quota.claimed) for quota in seat.quotas.all()] == [("Chair", 12, 2)]
    hall = publication.save_quota(event=concert, quota=seat.quotas.model(event=concert, name="Hall"), capacity=50)
    answer = client.post(f"/manage/events/{concert.slug}/tickets/{seat.pk}/", form | {"name": "Chair", "quotas": [hall.pk]})
    assert answer.status_code == 422 and "make another type" in answer.text


def test_a_copy_of_the_event_has_all_of_it(concert, seat):
    camping = categories.save(event=concert, category=Category(), fields={"name": "Camping", "description": "", "position": 0})
    cup = cast.ticket_type(concert, name="Cup", is_addon=True, most_per_ticket=2, category=camping)
    cup.base_types.add(seat)
    cast.discount(concert, 4, percent=10, kinds=[seat])
    cast.code(concert, reserves=seat, places=3)
    copy = publication.copy_event(event=concert)
    new_seat, new_cup = copy.ticket_types.get(name="Seat"), copy.ticket_types.get(name="Cup")
    assert (list(new_cup.base_types.all()), new_cup.most_per_ticket, new_cup.category.event_id) == ([new_seat], 2, copy.pk)
    assert copy.discounted and list(copy.discounts.get().ticket_types.all()) == [new_seat]
    voucher = copy.promotions.get()
    assert (voucher.reserves, voucher.reserved, voucher.reserved_free, new_seat.quotas.get().claimed) == (new_seat, 3, 3, 3)
    assert not Hold.objects.filter(event=copy).exists()
    assert reserving.put_ended_on_sale(now=clock.now()) == 0


def test_an_addon_may_be_asked_about_all_the_same(client, concert, seat):
    shirt = cast.ticket_type(concert, name="Shirt", is_addon=True, price_minor=100)
    questions.save(event=concert, question=Question(), fields={"label": "Which size?"}, kinds=[shirt])
    page = client.post(f"/events/{concert.slug}/holds/", {f"quantity-{seat.pk}": 1, f"quantity-{shirt.pk}": 1}, follow=True)
    assert page.text.count("Which size?") >= 1 and "attendee-1-name" in page.text and "attendee-2-name" not in page.text
