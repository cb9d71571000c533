"""The scanner's shell: the same for everybody, kept by the phone as one set of files, closed by a policy of its own."""

import json
import re

import pytest
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import staticfiles_storage

from ticketing import csp

SHELL = re.compile(r'<script id="shell" type="application/json">(.*?)</script>')


def kept(client):
    return json.loads(re.search(r"= (\{.*\});", client.get("/gate/scanner/worker.js").content.decode())[1])


def shell(client):
    return json.loads(SHELL.search(client.get("/gate/scanner/").content.decode())[1])


@pytest.mark.django_db
def test_the_page_is_the_same_bytes_for_everybody_and_sets_no_cookie(client, bob):
    stranger = client.get("/gate/scanner/")
    client.force_login(bob)
    member = client.get("/gate/scanner/")
    assert stranger.content == member.content
    assert not stranger.cookies and not member.cookies


def test_the_page_and_its_worker_ask_the_database_nothing(client):
    # No django_db mark: a query would raise.
    assert client.get("/gate/scanner/").status_code == 200
    assert client.get("/gate/scanner/worker.js")["Content-Type"].startswith("text/javascript")


def test_only_the_decoder_may_run_webassembly(client):
    page = client.get("/gate/scanner/")["Content-Security-Policy"]
    assert "wasm-unsafe-eval" not in page and "unsafe-inline" not in page and "default-src 'none'" in page
    headers = {}
    csp.decoder_headers(headers, "", "/static/js/gate/decode-worker.abc.js")
    assert "'wasm-unsafe-eval'" in headers["Content-Security-Policy"]
    csp.decoder_headers(others := {}, "", "/static/js/gate/scanner.abc.js")
    assert others == {}


def test_everything_kept_is_there_and_named_by_its_content(client):
    addresses = kept(client)["addresses"]
    static = [address for address in addresses if address.startswith("/static/")]
    assert len(static) > 40
    assert [address for address in static if not re.search(r"\.[0-9a-f]{12}\.\w+$", address)] == []
    assert [address for address in static if not staticfiles_storage.exists(address.removeprefix("/static/"))] == []
    assert {address for address in addresses if address not in static} == {"/gate/scanner/", "/gate/scanner/manifest.webmanifest"}


def test_a_module_asks_for_the_others_by_their_hashed_names(client):
    name = staticfiles_storage.stored_name("js/gate/scanner.js")
    imported = re.findall(r'from "(\./[^"]+)"', staticfiles_storage.open(name).read().decode())
    assert len(imported) > 5
    listed = {address.rpartition("/")[2] for address in kept(client)["addresses"]}
    assert {path.removeprefix("./") for path in imported} <= listed


def test_the_version_follows_the_content(client, settings):
    before = kept(client)["version"]
    assert kept(client)["version"] == before
    settings.SITE_NAME = "Another name"
    assert kept(client)["version"] != before


def test_without_node_packages_the_page_says_so_and_goes_on(client, monkeypatch):
    assert all(shell(client)[name] for name in ("reader", "wasm", "ed25519"))
    monkeypatch.setattr(finders, "find", lambda path: None)
    assert [shell(client)[name] for name in ("reader", "wasm", "ed25519")] == ["", "", ""]
    assert not any("vendor" in address for address in kept(client)["addresses"])


def test_every_verdict_has_its_words_in_the_page(client):
    from scanning.models import Verdict

    assert set(shell(client)["words"]) == set(Verdict.values)


def test_the_one_time_link_spends_nothing_and_keeps_its_code_from_servers(client):
    reply = client.get("/gate/open/7QF2-M9XK-3T4B/")
    assert reply.status_code == 302
    assert reply["Location"] == "/gate/scanner/#open=7QF2-M9XK-3T4B"
    assert reply["Referrer-Policy"] == "no-referrer"


def test_it_installs(client):
    manifest = client.get("/gate/scanner/manifest.webmanifest")
    assert manifest["Content-Type"] == "application/manifest+json"
    said = manifest.json()
    assert said["display"] == "standalone" and said["scope"] == said["start_url"] == "/gate/scanner/"
    assert {"192x192", "512x512"} <= {icon["sizes"] for icon in said["icons"]}
    assert all(staticfiles_storage.exists(icon["src"].removeprefix("/static/")) for icon in said["icons"])
