"""Passes for phones' wallets with certificates of this test's own; signatures are checked by openssl, not by what made them."""

import base64
import hashlib
import io
import json
import subprocess
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import NameOID
from django.test import Client

from events import publication
from registrations import cancellation, codes, transfer
from registrations.models import PassOnPhone, Ticket
from registrations.wallets import updates
from tests import cast
from ticketing import checks
from ticketing.lib import clock

pytestmark = pytest.mark.django_db


def pem(key):
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def certificate(name, key, issuer, issuer_key, *, ca):
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=30))
        .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
    )
    if not ca:
        usage = x509.ExtendedKeyUsage([x509.oid.ExtendedKeyUsageOID.EMAIL_PROTECTION])
        builder = builder.add_extension(usage, critical=False)
    return builder.sign(issuer_key or key, hashes.SHA256())


@pytest.fixture(scope="module")
def authority():
    """(root, intermediate as PEM, leaf as PEM, leaf's key as PEM)"""
    keys = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(3)]
    root = certificate("Root", keys[0], None, None, ca=True)
    middle = certificate("Intermediate", keys[1], root, keys[0], ca=True)
    leaf = certificate("pass.com.example.tickets", keys[2], middle, keys[1], ca=False)
    return [each.public_bytes(Encoding.PEM).decode() for each in (root, middle, leaf)], pem(keys[2])


@pytest.fixture
def wallets(settings, authority):
    (_, middle, leaf), key = authority
    settings.APPLE_PASS_TYPE_ID, settings.APPLE_TEAM_ID = "pass.com.example.tickets", "TEAM123456"
    settings.APPLE_PASS_CERTIFICATE, settings.APPLE_PASS_KEY, settings.APPLE_WWDR_CERTIFICATE = leaf, key, middle
    settings.SITE_URL, settings.HTTPS = "https://tickets.example.com", True
    account = {"client_email": "wallet@example.iam.gserviceaccount.com", "private_key": key, "private_key_id": "k1"}
    settings.GOOGLE_WALLET_ISSUER_ID, settings.GOOGLE_WALLET_ACCOUNT = "3388000000000000000", json.dumps(account)


@pytest.fixture
def ticket(concert):
    return cast.ordered(cast.ticket_type(concert)).tickets.select_related("order__event", "ticket_type").get()


def apple_url(ticket):
    return f"{ticket.order.get_absolute_url()}tickets/1/wallet/apple/"


def opened(content):
    archive = zipfile.ZipFile(io.BytesIO(content))
    return {name: archive.read(name) for name in archive.namelist()}


def verify(tmp_path, root, signature, content):
    """What openssl says of a detached signature, by the root alone."""
    for name, data in (("root.pem", root.encode()), ("signature", signature), ("manifest.json", content)):
        (tmp_path / name).write_bytes(data)
    command = [
        "openssl",
        "smime",
        "-verify",
        "-binary",
        "-inform",
        "DER",
        "-in",
        "signature",
        "-content",
        "manifest.json",
        "-CAfile",
        "root.pem",
    ]
    return subprocess.run(command, cwd=tmp_path, capture_output=True)


def test_the_pass_is_whole_and_openssl_accepts_its_signature(wallets, ticket, authority, tmp_path):
    answer = Client().get(apple_url(ticket))
    assert answer.headers["Content-Type"] == "application/vnd.apple.pkpass"
    files = opened(answer.content)
    manifest = json.loads(files["manifest.json"])
    assert {name: hashlib.sha1(files[name]).hexdigest() for name in manifest} == manifest
    assert set(manifest) == set(files) - {"manifest.json", "signature"} >= {"pass.json", "icon.png", "icon@2x.png"}
    told = json.loads(files["pass.json"])
    assert told["barcodes"][0]["message"] == codes.code_of(ticket) and told["passTypeIdentifier"] == "pass.com.example.tickets"
    assert (
        told["eventTicket"]["auxiliaryFields"][0]["value"] == "Guest 1" and told["webServiceURL"] == "https://tickets.example.com/wallet/"
    )
    root = authority[0][0]
    done = verify(tmp_path, root, files["signature"], files["manifest.json"])
    assert done.returncode == 0, done.stderr.decode()


def test_control_openssl_refuses_a_changed_manifest_and_another_root(wallets, ticket, authority, tmp_path):
    files = opened(Client().get(apple_url(ticket)).content)
    assert verify(tmp_path, authority[0][0], files["signature"], files["manifest.json"] + b" ").returncode != 0
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    other = certificate("Other", key, None, None, ca=True).public_bytes(Encoding.PEM).decode()
    assert verify(tmp_path, other, files["signature"], files["manifest.json"]).returncode != 0


def test_googles_link_carries_the_ticket_and_openssl_accepts_its_signature(wallets, ticket, settings, tmp_path):
    answer = Client().get(f"{ticket.order.get_absolute_url()}tickets/1/wallet/google/")
    assert answer.status_code == 302 and answer.url.startswith("https://pay.google.com/gp/v/save/")
    head, claims, signature = answer.url.rsplit("/", 1)[1].split(".")
    told = json.loads(base64.urlsafe_b64decode(claims + "=="))
    held = told["payload"]["eventTicketObjects"][0]
    assert told["typ"] == "savetowallet" and held["barcode"]["value"] == codes.code_of(ticket)
    assert held["classId"] == told["payload"]["eventTicketClasses"][0]["id"]
    public = x509.load_pem_x509_certificate(settings.APPLE_PASS_CERTIFICATE.encode()).public_key()
    (tmp_path / "key.pem").write_bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    (tmp_path / "signature").write_bytes(base64.urlsafe_b64decode(signature + "=="))
    for text, expected in ((f"{head}.{claims}", 0), (f"{head}.{claims}x", 1)):
        (tmp_path / "signed").write_text(text)
        command = ["openssl", "dgst", "-sha256", "-verify", "key.pem", "-signature", "signature", "signed"]
        assert subprocess.run(command, cwd=tmp_path, capture_output=True).returncode == expected


def test_without_certificates_there_is_no_button_and_no_address(ticket):
    page = Client().get(ticket.order.get_absolute_url()).content
    assert b"Wallet" not in page
    for wallet in ("apple", "google"):
        assert Client().get(f"{ticket.order.get_absolute_url()}tickets/1/wallet/{wallet}/").status_code == 404
    assert Client().get("/wallet/v1/passes/pass.com.example/1-abc").status_code == 404


def test_with_them_there_are_buttons_for_each_valid_ticket(wallets, ticket):
    assert Client().get(ticket.order.get_absolute_url()).content.count(b"Wallet<") == 2
    cancellation.cancel_order(order=ticket.order, now=clock.now())
    assert b"Wallet<" not in Client().get(ticket.order.get_absolute_url()).content
    assert Client().get(apple_url(ticket)).status_code == 404


@pytest.mark.parametrize(("name", "check"), [("APPLE_TEAM_ID", "ticketing.E008"), ("GOOGLE_WALLET_ACCOUNT", "ticketing.E009")])
def test_half_given_certificates_stop_the_start(wallets, settings, name, check):
    assert checks.wallets_are_whole() == []
    setattr(settings, name, "")
    assert [(found.id, name in found.hint) for found in checks.wallets_are_whole()] == [(check, True)]


# --- the service that phones ask ----------------------------------------------------------------


def told_of(ticket):
    return json.loads(opened(Client().get(apple_url(ticket)).content)["pass.json"])


class Phone:
    def __init__(self, told):
        self.number, self.headers = told["serialNumber"], {"Authorization": f"ApplePass {told['authenticationToken']}"}
        self.client, self.path = Client(), "/wallet/v1/devices/phone-1/registrations/pass.com.example.tickets"

    def register(self, **more):
        answer = self.client.post(
            f"{self.path}/{self.number}",
            {"pushToken": "push-1"},
            content_type="application/json",
            headers=more.get("headers", self.headers),
        )
        return answer.status_code

    def changed(self, tag=""):
        answer = self.client.get(self.path, {"passesUpdatedSince": tag} if tag else {})
        return answer.json() if answer.status_code == 200 else answer.status_code

    def newest(self):
        answer = self.client.get(f"/wallet/v1/passes/pass.com.example.tickets/{self.number}", headers=self.headers)
        return json.loads(opened(answer.content)["pass.json"])


def test_a_phone_learns_that_the_event_was_moved(wallets, ticket):
    phone = Phone(told_of(ticket))
    assert (phone.register(), phone.register()) == (201, 200)
    first = phone.changed()
    assert first["serialNumbers"] == [phone.number] and phone.changed(first["lastUpdated"]) == 204
    assert updates.sweep(now=clock.now()) == 0
    publication.update_event(
        event=ticket.order.event, fields={"venue_name": "Opera", "starts_at": ticket.event.starts_at + timedelta(hours=1)}
    )
    assert updates.sweep(now=clock.now()) == 1
    assert phone.changed(first["lastUpdated"])["serialNumbers"] == [phone.number]
    assert phone.newest()["eventTicket"]["secondaryFields"][1]["value"] == "Opera"


def test_a_pass_of_a_ticket_that_was_handed_on_is_void_and_names_nobody(wallets, ticket):
    phone = Phone(told_of(ticket))
    phone.register()
    tag = phone.changed()["lastUpdated"]
    transfer.transfer_ticket(ticket=ticket, name="Erin", email="erin@example.com", now=clock.now())
    updates.sweep(now=clock.now())
    assert phone.changed(tag)["serialNumbers"] == [phone.number]
    now = phone.newest()
    assert now["voided"] and "barcodes" not in now and "Erin" not in json.dumps(now)
    held = transfer.holder_of(ticket=Ticket.objects.get(pk=ticket.pk))
    new = json.loads(opened(Client().get(f"{held.get_absolute_url()}wallet/apple/").content)["pass.json"])
    assert new["serialNumber"] != phone.number and new["eventTicket"]["auxiliaryFields"][0]["value"] == "Erin"


def test_a_cancelled_orders_pass_is_void(wallets, ticket):
    phone = Phone(told_of(ticket))
    cancellation.cancel_order(order=ticket.order, now=clock.now())
    assert phone.newest()["voided"]


def test_without_the_passes_token_nothing_is_told_or_taken(wallets, ticket):
    phone = Phone(told_of(ticket))
    assert phone.register(headers={"Authorization": "ApplePass wrong"}) == 401 and not PassOnPhone.objects.exists()
    assert Client().get(f"/wallet/v1/passes/x/{phone.number}").status_code == 401
    assert Client().get(f"/wallet/v1/passes/x/{ticket.pk}-guessed", headers=phone.headers).status_code == 401
    assert phone.changed() == 404


def test_a_phone_that_removed_the_pass_is_told_no_more(wallets, ticket):
    phone = Phone(told_of(ticket))
    phone.register()
    assert phone.client.delete(f"{phone.path}/{phone.number}", headers=phone.headers).status_code == 200
    assert phone.changed() == 404
