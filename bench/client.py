"""A light HTTP client: kept-alive sockets, cookies, forms by pattern. Its own CPU is not counted."""

import json
import re
import socket
from dataclasses import dataclass, field
from urllib.parse import urlencode


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def location(self) -> str:
        return re.sub(r"^https?://[^/]+", "", self.headers.get("location", ""))


@dataclass
class Client:
    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    requests: int = 0
    _socket: socket.socket | None = None

    def get(self, path: str) -> Reply:
        return self._send("GET", path, b"", "")

    def post(self, path: str, fields: dict[str, object] | list[tuple[str, object]], headers: str = "") -> Reply:
        body = urlencode(fields).encode()
        return self._send(
            "POST", path, body, headers + f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n"
        )

    def post_json(self, path: str, sent: object, headers: str = "") -> Reply:
        return self.post_raw(path, json.dumps(sent).encode(), headers)

    def post_raw(self, path: str, body: bytes, headers: str = "") -> Reply:
        """JSON that is written already."""
        return self._send("POST", path, body, headers + f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n")

    def follow(self, reply: Reply) -> Reply:
        while reply.status in (301, 302, 303):
            reply = self.get(reply.location)
        return reply

    def close(self) -> None:
        if self._socket:
            self._socket.close()
            self._socket = None

    def _send(self, method: str, path: str, body: bytes, headers: str) -> Reply:
        self.requests += 1
        cookie = "Cookie: " + "; ".join(f"{k}={v}" for k, v in self.cookies.items()) + "\r\n" if self.cookies else ""
        head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{self.port}\r\nReferer: http://127.0.0.1:{self.port}/\r\n{cookie}{headers}\r\n"
        for attempt in (1, 2):
            try:
                if self._socket is None:
                    self._socket = socket.create_connection(("127.0.0.1", self.port), timeout=30)
                self._socket.sendall(head.encode() + body)
                return self._read()
            except (BrokenPipeError, ConnectionResetError, EOFError):
                self.close()
                if attempt == 2:
                    raise
        raise AssertionError

    def _read(self) -> Reply:
        assert self._socket is not None
        received = b""
        while b"\r\n\r\n" not in received:
            chunk = self._socket.recv(65536)
            if not chunk:
                raise EOFError
            received += chunk
        head, _, body = received.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        headers: dict[str, str] = {}
        for line in lines[1:]:
            name, _, value = line.partition(": ")
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.split(";")[0]
            headers[name.lower()] = value
        if headers.get("transfer-encoding", "") == "chunked":
            body = self._read_chunks(body)
        else:
            length = int(headers.get("content-length", "0"))
            while len(body) < length:
                body += self._socket.recv(65536)
        return Reply(int(lines[0].split()[1]), headers, body)

    def _read_chunks(self, received: bytes) -> bytes:
        assert self._socket is not None
        body = b""
        while True:
            while b"\r\n" not in received:
                received += self._socket.recv(65536)
            size, _, received = received.partition(b"\r\n")
            count = int(size, 16)
            while len(received) < count + 2:
                received += self._socket.recv(65536)
            body, received = body + received[:count], received[count + 2 :]
            if count == 0:
                return body


_HIDDEN = re.compile(rb'<input[^>]*type="hidden"[^>]*>')
_ATTRIBUTE = re.compile(rb'(name|value)="([^"]*)"')


def hidden_fields(body: bytes) -> dict[str, str]:
    """The hidden inputs of a page, the CSRF token among them."""
    found = {}
    for tag in _HIDDEN.findall(body):
        attributes = dict(_ATTRIBUTE.findall(tag))
        if b"name" in attributes:
            found[attributes[b"name"].decode()] = attributes.get(b"value", b"").decode()
    return found
