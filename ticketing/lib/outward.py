"""Calling a web address that somebody typed: never one inside our own network, never on to where it redirects.

The name is looked up once, every address it has is judged, and the connection goes to the address that was
judged: a name that points elsewhere a moment later (DNS rebinding) leads nowhere. TLS is checked against the name.
"""

import contextlib
import http.client
import ipaddress
import socket
import ssl
import threading
from collections.abc import Mapping
from urllib.parse import urlsplit

CONNECT_SECONDS = 3.0
WHOLE_SECONDS = 8.0  # also for a receiver that answers a byte at a time
# Ways to carry an IPv4 address in an IPv6 one, behind which anything may stand.
CARRIERS = [ipaddress.ip_network(text) for text in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32")]


class NotCalled(Exception):
    """Nothing was sent: the address is none, or not one that may be called."""


class NoAnswer(Exception):
    """It did not answer, or not in time. It may have received what was sent."""


def post(*, url: str, body: bytes, headers: Mapping[str, str], private_networks: bool = False) -> int:
    """Send it and return the status of the answer, whose text is not read. NotCalled, NoAnswer."""
    site = urlsplit(url)
    try:
        port = site.port or (443 if site.scheme == "https" else 80)
    except ValueError as error:
        raise NotCalled("not a web address") from error
    if site.scheme not in ("http", "https") or not site.hostname:
        raise NotCalled("not a web address")
    address = judged(host=site.hostname, port=port, private_networks=private_networks)
    path = (site.path or "/") + (f"?{site.query}" if site.query else "")
    try:
        return _send(site.scheme, site.hostname, port, address, path, body, {"Host": _host(site.hostname, site.port), **headers})
    except (OSError, http.client.HTTPException) as error:
        raise NoAnswer(_words(error)) from error


def judged(*, host: str, port: int, private_networks: bool) -> str:
    """The address to connect to. NotCalled when the name has none, or one of a private network."""
    try:
        found = list(dict.fromkeys(str(where[0]) for *_, where in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)))
    except (OSError, UnicodeError) as error:
        raise NotCalled("the name of the site is not known") from error
    if not private_networks and not all(is_public(address) for address in found):
        raise NotCalled("an address of a private network")
    return found[0]


def is_public(address: str) -> bool:
    """Reachable from anywhere, and nothing of our own."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if any(ip in carrier for carrier in CARRIERS):
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved and not ip.is_unspecified


def _send(scheme: str, host: str, port: int, address: str, path: str, body: bytes, headers: Mapping[str, str]) -> int:
    line = socket.create_connection((address, port), timeout=CONNECT_SECONDS)
    line.settimeout(WHOLE_SECONDS)
    if scheme == "https":
        line = ssl.create_default_context().wrap_socket(line, server_hostname=host, do_handshake_on_connect=False)
    over = threading.Event()
    watch = threading.Timer(WHOLE_SECONDS, _cut, [line, over])
    watch.daemon = True
    watch.start()
    connection = http.client.HTTPConnection(host, port)
    connection.sock = line
    try:
        if isinstance(line, ssl.SSLSocket):
            line.do_handshake()
        connection.request("POST", path, body=body, headers=dict(headers))
        status = connection.getresponse().status
        if over.is_set():  # headers that were cut off read as if they had ended
            raise TimeoutError
        return status
    finally:
        watch.cancel()
        connection.close()


def _cut(line: socket.socket, over: threading.Event) -> None:
    over.set()
    with contextlib.suppress(OSError):  # it ended by itself meanwhile
        socket.socket.shutdown(line, socket.SHUT_RDWR)  # TLS's own would say good-bye first, and wait for it


def _host(host: str, port: int | None) -> str:
    name = f"[{host}]" if ":" in host else host
    return f"{name}:{port}" if port else name


def _words(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, ConnectionRefusedError):
        return "nobody listens there"
    return f"{type(error).__name__}: {error}"[:150]
