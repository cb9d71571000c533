"""Schemathesis tries the whole OpenAPI document against a running server: no answer breaks what the document says.

A longer run by hand: `python -m tests.api.trying PORT MAX_EXAMPLES` against `make run`."""

import pytest

from tests import cast
from tests.api import trying
from tests.api.conftest import secret_of

pytestmark = pytest.mark.django_db(transaction=True)
# Some 20 s on a machine that does nothing else: 3,000 calls, each operation with what it allows and with what it forbids.
SECONDS = 60


def test_no_answer_breaks_the_document(live_server, settings, hall, concert, tmp_path):
    settings.API_CALLS_PER_TOKEN = settings.API_CALLS_PER_ADDRESS = 10**9
    settings.ALLOWED_HOSTS = ["*"]
    order = cast.ordered(cast.ticket_type(concert, capacity=100_000), 2)
    kind = concert.ticket_types.get()
    tier = cast.tier(kind, 0, quantity=9)
    known = {"slug": [concert.slug], "code": [order.code], "pk": [kind.pk], "tier": [tier.pk], "position": [1, 2]}
    done = trying.run(live_server.url, secret_of(hall), known=known, folder=tmp_path, examples=2, seed=1, seconds=SECONDS)
    assert done.returncode == 0, (done.stdout + done.stderr)[-6000:]
    assert "No issues found" in done.stdout and "Tested: 0" not in done.stdout
