"""Calls to addresses that somebody typed: never into a private network, never on by redirect, never for ever."""

import socket
import threading
import time

import pytest

from tests.api.receiver import Receiver
from ticketing.lib import outward

PRIVATE = [
    "127.0.0.1",
    "127.8.8.8",
    "10.0.0.8",
    "172.16.3.4",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",
    "224.0.0.1",
    "255.255.255.255",
    "::1",
    "::",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
]


@pytest.mark.parametrize("address", PRIVATE)
def test_an_address_of_a_private_network_is_known(address):
    assert not outward.is_public(address)


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2606:2800:220:1:248:1893:25c8:1946", "::ffff:8.8.8.8"])
def test_an_address_of_the_world_is_called(address):
    assert outward.is_public(address)


@pytest.mark.parametrize(
    "url", ["http://localhost:1/", "http://127.0.0.1/x", "http://[::1]/", "http://2130706433/", "http://0x7f.1/", "http://0/"]
)
def test_a_private_address_is_not_called_however_it_is_written(url):
    with pytest.raises(outward.NotCalled):
        outward.post(url=url, body=b"{}", headers={})


@pytest.mark.parametrize("url", ["ftp://example.com/", "file:///etc/passwd", "http:///x", "https://example.com:99999/", "x"])
def test_what_is_no_web_address_is_not_called(url):
    with pytest.raises(outward.NotCalled):
        outward.post(url=url, body=b"{}", headers={}, private_networks=True)


def test_one_private_address_among_several_is_enough_to_refuse(monkeypatch):
    both = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 443)) for address in ("8.8.8.8", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: both)
    with pytest.raises(outward.NotCalled):
        outward.judged(host="two.example", port=443, private_networks=False)


def test_the_connection_goes_to_the_address_that_was_judged(monkeypatch):
    """A name that points elsewhere a moment later (DNS rebinding) is looked up once."""
    asked = []

    def look_up(host, port, **_):
        asked.append(host)
        address = "127.0.0.1" if len(asked) == 1 else "127.0.0.9"
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))]

    with Receiver() as there:
        port = there.server.server_address[1]
        real = socket.getaddrinfo
        monkeypatch.setattr(
            socket, "getaddrinfo", lambda host, *a, **k: look_up(host, *a, **k) if host == "moves.example" else real(host, *a, **k)
        )
        status = outward.post(
            url=f"http://moves.example:{port}/x", body=b'{"type": "x"}', headers={"webhook-id": "1"}, private_networks=True
        )
    assert status == 200 and asked == ["moves.example"]
    assert there.seen[0][0]["Host"] == f"moves.example:{port}"


def test_a_receiver_that_says_nothing_is_left(monkeypatch):
    monkeypatch.setattr(outward, "WHOLE_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        began = time.monotonic()
        with pytest.raises(outward.NoAnswer):
            outward.post(url=f"http://127.0.0.1:{silent.getsockname()[1]}/", body=b"{}", headers={}, private_networks=True)
        assert time.monotonic() - began < 10


def test_a_receiver_that_answers_a_byte_at_a_time_is_left(monkeypatch):
    monkeypatch.setattr(outward, "WHOLE_SECONDS", 0.6)
    stop = threading.Event()

    def drip(server):
        line, _ = server.accept()
        with line:
            try:
                line.sendall(b"HTTP/1.1 200 OK\r\n")
                while not stop.wait(0.05):
                    line.sendall(b"X-A: b\r\n")
            except OSError:
                pass

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=drip, args=[server])
        thread.start()
        with pytest.raises(outward.NoAnswer):
            outward.post(url=f"http://127.0.0.1:{server.getsockname()[1]}/", body=b"{}", headers={}, private_networks=True)
        stop.set()
        thread.join()


def test_nobody_listens():
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    with pytest.raises(outward.NoAnswer, match="nobody listens"):
        outward.post(url=f"http://127.0.0.1:{port}/", body=b"{}", headers={}, private_networks=True)


def test_a_site_whose_certificate_is_not_its_own_is_told_nothing(tmp_path):
    """TLS is checked against the name; a handshake that fails is no answer, and nothing was sent."""
    taken = []

    def accept(server):
        line, _ = server.accept()
        with line:
            line.settimeout(5)
            taken.append(line.recv(5))
            line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")  # plain text where TLS is expected

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=accept, args=[server])
        thread.start()
        with pytest.raises(outward.NoAnswer):
            outward.post(url=f"https://127.0.0.1:{server.getsockname()[1]}/", body=b"{}", headers={}, private_networks=True)
        thread.join()
    assert taken[0][0] == 0x16  # a TLS hello, and no body
