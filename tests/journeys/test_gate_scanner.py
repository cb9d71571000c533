"""The scanner in a real browser: a real ticket's page before its camera, then no network and no server."""

import json
import urllib.request

import pytest

from tests.faults.stage import Stage, kill
from tests.journeys import phones
from tests.journeys.phones import Phone

TICKETS = 190
SHARED = 5  # scanned at both gates while offline: the conflicts planted
REPEATED = 5
FACTS = """
import json
from django.db.models import Count
from scanning.models import Conflict, Entry, Scan
twice = Scan.objects.values("nonce").annotate(n=Count("id")).filter(n__gt=1).count()
conflicts = sorted(Conflict.objects.values_list("kind", flat=True))
print(json.dumps({"scans": Scan.objects.count(), "entries": Entry.objects.count(), "twice": twice, "conflicts": conflicts}))
"""
REVOKE = "from scanning import devices\nfrom scanning.models import Device\ndevices.revoke(device=Device.objects.order_by('-id').first(), now=now)"
HELD = """async () => {
  const open = await new Promise((done) => { const asked = indexedDB.open("gate"); asked.onsuccess = () => done(asked.result); });
  const count = (name) => new Promise((done) => { const asked = open.transaction(name).objectStore(name).count(); asked.onsuccess = () => done(asked.result); });
  const rows = await Promise.all([...open.objectStoreNames].map(count));
  open.close();
  return rows.reduce((sum, more) => sum + more, 0) + localStorage.length;
}"""
HOW_MANY = "from registrations.models import Ticket\nprint(Ticket.objects.count())"
ORDER = "from registrations.models import Order\nprint(Order.objects.order_by('-id').first().get_absolute_url())"


@pytest.fixture(scope="module")
def stage():
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("WEB_WORKERS", "1")
        with Stage(worker=False) as made:
            yield made


@pytest.fixture(autouse=True)
def served(stage):
    """A test that failed while the server was stopped does not fail the next ones."""
    if stage.web.poll() is not None:
        stage.start_web()


def stop_web(stage):
    """The server is gone from one moment to the next."""
    for worker in stage.web_workers():
        kill(worker)
    kill(stage.web.pid)
    stage.web.wait()


def facts(stage):
    return json.loads(stage.python(FACTS))


def test_a_real_tickets_page_before_the_camera_is_admitted_and_refused_the_second_time(browser, stage, tmp_path):
    phones.sold(stage, 1)
    pdf = urllib.request.urlopen(f"http://127.0.0.1:{stage.port}{stage.python(ORDER)}tickets.pdf").read()
    before = facts(stage)
    # Held up for two seconds, then away for longer than the five in which it is the same reading.
    seen = phones.film(tmp_path / "seen.y4m", [(phones.held_up(pdf), 2), (phones.empty_hand(), 6)])
    phone = Phone(browser, tmp_path / "phone", film=seen).opens(phones.link_for(stage))
    phone.until("() => document.getElementById('verdict').dataset.verdict === 'admitted'")
    assert phone.page.inner_text("#verdict .who") == "Guest 1"
    assert phone.page.get_attribute("#verdict", "data-by") == "server"
    phone.until("() => document.getElementById('verdict').dataset.verdict === 'already_admitted'")
    assert "at Main gate" in phone.page.inner_text("#verdict .why")
    after = facts(stage)
    assert after["entries"] - before["entries"] == 1
    assert after["scans"] - before["scans"] == 2, "held up for two seconds is one reading"
    assert phone.troubles == []
    phone.off()


def test_two_hundred_scans_without_a_network_reach_the_server_once_and_conflicts_are_those_planted(browser, stage, tmp_path):
    codes = phones.sold(stage, TICKETS)
    before = facts(stage)
    left, right = (Phone(browser, tmp_path / name).opens(phones.link_for(stage, gate=gate)) for gate, name in enumerate(("left", "right")))
    half, shared = (TICKETS - SHARED) // 2, codes[-SHARED:]
    for phone in (left, right):
        phone.context.set_offline(True)
    stop_web(stage)

    at_left = [left.types(code) for code in [*codes[:half], *shared]]
    assert at_left == ["admitted"] * (half + SHARED)
    left.dies()
    left.on()
    left.context.set_offline(True)
    left.page.goto(f"http://127.0.0.1:{stage.port}/gate/scanner/")
    left.page.wait_for_selector("#scanning:not([hidden])")
    left.until(f"() => document.querySelector('[data-sign=queue] span').textContent === '{half + SHARED} waiting'")
    assert [left.types(code) for code in codes[:REPEATED]] == ["already_admitted"] * REPEATED, "it remembers whom it let in"

    rest = codes[half : TICKETS - SHARED]
    assert [right.reads(rest[0]), *(right.types(code) for code in [*rest[1:], *shared])] == ["admitted"] * (len(rest) + SHARED)
    assert "No network" in right.page.inner_text("[data-sign=network]")

    stage.start_web()
    for phone in (left, right):
        phone.context.set_offline(False)
        phone.uploaded()
    after = facts(stage)
    assert after["twice"] == 0
    assert after["scans"] - before["scans"] == TICKETS + SHARED + REPEATED
    assert after["entries"] - before["entries"] == TICKETS
    assert after["conflicts"] == ["twice"] * SHARED
    stage.audit()
    assert left.troubles == right.troubles == []
    left.off(), right.off()


def test_a_revoked_phone_forgets_everything_at_once(browser, stage, tmp_path):
    phone = Phone(browser, tmp_path / "phone").opens(phones.link_for(stage))
    phone.page.click("[data-does=more]")
    phone.page.click("text=Bright light")
    assert phone.page.evaluate(HELD) > 5  # the control: token, set-up, shift, copy, settings
    stage.python(REVOKE)
    phone.page.evaluate("document.querySelector('[data-does=sync]').click()")  # it may have asked by itself already, and shown the opening
    phone.page.wait_for_selector("#opening:not([hidden])")
    assert "closed this phone" in phone.page.inner_text("#opening [data-for=trouble]")
    assert phone.page.evaluate(HELD) == 0
    phone.off()


def newer(stage, phone, name):
    """Another version is served, and the phone has seen it."""
    stage.env["SITE_NAME"] = name
    stop_web(stage)
    stage.start_web()
    phone.page.evaluate("navigator.serviceWorker.getRegistration().then((kept) => kept.update())")
    phone.page.wait_for_selector("#update:not([hidden])")


def test_a_newer_page_waits_until_the_steward_takes_it(browser, stage, tmp_path):
    code = phones.sold(stage, 1)[0]
    phone = Phone(browser, tmp_path / "phone").opens(phones.link_for(stage))
    phone.knows(int(stage.python(HOW_MANY)))  # so that it is admitted however slow the new server is
    newer(stage, phone, "Hall of Echoes")
    assert "Echoes" not in phone.page.title()
    assert phone.types(code) == "admitted", "the page that is open goes on meanwhile"
    phone.page.reload()
    assert "Echoes" not in phone.page.title(), "neither does a restart in the middle of the shift change it"
    phone.page.goto("about:blank")  # closed: no page uses the older files any more
    phone.page.wait_for_timeout(500)
    phone.page.goto(f"http://127.0.0.1:{stage.port}/gate/scanner/")
    phone.page.wait_for_selector("#scanning:not([hidden])")
    assert "Echoes" in phone.page.title(), "the next opening does"
    phone.until("async () => (await caches.keys()).length === 1")  # the older files are gone
    newer(stage, phone, "Hall of Mirrors")
    with phone.page.expect_navigation():
        phone.page.click("text=Use it now")
    phone.page.wait_for_selector("#scanning:not([hidden])")
    assert "Mirrors" in phone.page.title(), "the steward took it: at once, and the gate is open still"
    phone.off()
