"""A whole payment with the web server and the worker in processes of their own, told by notices alone."""

from bench.client import Client, hidden_fields
from tests.faults.stage import Stage, until

ORDER = """
from tests import cast
from events.models import TicketType
print(cast.ordered(TicketType.objects.get(pk={}), 2).get_absolute_url())
"""
SO_FAR = """
from outbox.models import Mail
from payments.models import Notice
from registrations.models import Ticket
print(Ticket.objects.count(), Mail.objects.filter(sent_at__isnull=False).count(), Mail.objects.count(), Notice.objects.filter(handled_at=None).count())
"""


def test_dana_pays_and_never_comes_back_and_her_tickets_arrive_by_mail_once():
    with Stage(price=1500) as stage:
        client = Client(stage.port)
        page = client.get(stage.python(ORDER.format(stage.type_id)) + "payment/").location
        form = hidden_fields(client.get(page).body)
        assert client.post(page, form | {"act": "pay", "doubled": "1"}).status == 302
        client.close()  # no schedule runs here: the nudges alone carry it
        until(lambda: stage.python(SO_FAR) == "2 1 1 0", seconds=40)
        stage.audit()
