"""A double of Stripe over HTTP: form-encoded requests, idempotency keys, faults on request, a page to pay on.

`with Double(notices_to=url) as double:` for tests; `python -m tests.stripe_double` by hand."""

import copy
import json
import re
import threading
import time
from collections import Counter, deque
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from tests.stripe_double import page
from tests.stripe_double.book import Book, Refused, Thing, shown
from tests.stripe_double.known import Unknown, check
from tests.stripe_double.notices import Post

EXPANDABLE = {"payment_intent", "latest_charge", "balance_transaction", "source", "charge"}


class Double:
    """`faults`: (what, operation) pairs that the next calls meet: "lost" (done, not answered), "500", "429"."""

    def __init__(
        self, *, port: int = 0, notices_to: str = "", secret: str = "whsec_double", delay: float = 0.0, now: Any = time.time
    ) -> None:
        self.server = _Server(("127.0.0.1", port), _Handler)
        self.server.double = self
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        self.book, self.post, self.delay = Book(self.url, now), Post(notices_to, secret, now), delay
        self.book.happened = self.post.owe
        self.faults: deque[tuple[str, str]] = deque()
        self.calls: Counter[str] = Counter()
        self.answers: dict[tuple[str, str], tuple[str, Any]] = {}
        self.running: set[tuple[str, str]] = set()

    def __enter__(self) -> "Double":
        threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()

    def empty(self) -> None:
        """As on the first day."""
        self.book.forget()
        self.faults.clear()
        self.calls.clear()
        self.answers.clear()
        self.post.owed.clear()

    def sessions(self, on: str = "") -> list[Thing]:
        return self.book.all("checkout.session", on)

    def answer(self, method: str, path: str, params: Thing, on: str, key: str) -> tuple[int, Thing]:
        operation = f"{method} " + re.sub(r"(?<=/)[a-z]+_[a-z0-9_]+", "*", path)
        self.calls[operation] += 1
        time.sleep(self.delay)
        fault = next((each for each in self.faults if each[1] == operation), None)
        if fault:
            self.faults.remove(fault)
        if fault and fault[0] != "lost":
            return int(fault[0]), error("The provider has trouble.", "api_error")
        try:
            check(operation, params)
            status, body = (
                200,
                self._once(operation, path, params, on, key) if method == "POST" else self._read(operation, path, params, on),
            )
        except Unknown as wrong:
            status, body = 400, error(str(wrong), "invalid_request_error", "parameter_unknown")
        except Refused as wrong:
            status, body = wrong.status, error(str(wrong), wrong.kind, wrong.code)
        if fault:
            raise ConnectionAbortedError
        return status, body

    def _once(self, operation: str, path: str, params: Thing, on: str, key: str) -> Thing:
        """As Stripe keeps keys: the first answer again, another use refused, one still running 409. What fails
        before it began (validation) is not kept."""
        if not key:
            return self._write(operation, path, params, on)
        words = json.dumps([operation, path, params], sort_keys=True)
        with self.book.lock:
            before = self.answers.get((on, key))
            if before and before[0] != words:
                raise Refused(
                    "Keys for idempotent requests can only be used with the same parameters they were first used with.",
                    kind="idempotency_error",
                )
            if before:
                return before[1]  # type: ignore[no-any-return]
            if (on, key) in self.running:
                raise Refused(
                    "There is currently another in-progress request using this Idempotent Key.", status=409, kind="idempotency_error"
                )
            self.running.add((on, key))
        try:
            done = copy.deepcopy(self._write(operation, path, params, on))
            self.answers[on, key] = (words, done)
            return done
        finally:
            self.running.discard((on, key))

    def _write(self, operation: str, path: str, params: Thing, on: str) -> Thing:
        own = path.split("/")[2] if operation.startswith("POST checkout") and "*" in operation else path.rpartition("/")[2]
        book = self.book
        with book.lock:
            done = {
                "POST checkout/sessions": lambda: book.open_session(params, on),
                "POST checkout/sessions/*/expire": lambda: book.expire(own, on),
                "POST checkout/sessions/*": lambda: book.describe(own, params, on, "checkout.session"),
                "POST payment_intents/*": lambda: book.describe(own, params, on, "payment_intent"),
                "POST refunds": lambda: book.refund(params, on),
                "POST disputes/*": lambda: book.answer(own, params, on),
                "POST accounts": lambda: book.open_account(params),
                "POST account_links": lambda: {
                    "object": "account_link",
                    "url": f"{self.url}/onboard/{params['account']}?to={params['return_url']}",
                },
            }[operation]()
            return self._expanded(done, params)

    def _read(self, operation: str, path: str, params: Thing, on: str) -> Thing:
        name = operation.split()[1].removesuffix("/*")
        kind = {"checkout/sessions": "checkout.session"}.get(name, name.removesuffix("s"))
        with self.book.lock:
            if operation.endswith("/*"):
                return self._expanded(self.book.get(path.rpartition("/")[2], on, kind), params)
            found = [thing for thing in self.book.all(kind, on) if _fits(thing, params)]
            after = next((n for n, thing in enumerate(found, 1) if thing["id"] == params.get("starting_after")), 0)
            size = int(params.get("limit", 10))
            inner = {"expand": [path.removeprefix("data.") for path in params.get("expand", [])]}
            page_of = [self._expanded(thing, inner) for thing in found[after : after + size]]
            return {"object": "list", "data": page_of, "has_more": len(found) > after + size, "url": f"/v1/{name}"}

    def _expanded(self, thing: Thing, params: Thing) -> Thing:
        answer = copy.deepcopy(shown(thing))
        for path in params.get("expand", []):
            place = answer
            for step in path.split("."):
                if place is None or step not in EXPANDABLE or place.get(step) is None:
                    break
                if isinstance(place[step], str):
                    place[step] = copy.deepcopy(shown(self.book.things[place[step]]))
                place = place[step]
        return answer


def _fits(thing: Thing, params: Thing) -> bool:
    span = params.get("created", {})
    return int(span.get("gte", 0)) <= thing["created"] <= int(span.get("lte", 2**40)) and all(
        thing.get(name) == params[name] for name in ("payment_intent", "payout", "status") if name in params
    )


def error(message: str, kind: str, code: str = "") -> Thing:
    return {"error": {"message": message, "type": kind, "code": code or None}}


def nested(pairs: list[tuple[str, str]]) -> Thing:
    """ "a[b][0][c]=1" → {"a": {"b": [{"c": "1"}]}}."""
    tree: Thing = {}
    for name, value in pairs:
        steps = re.findall(r"[^\[\]]+", name)
        place = tree
        for step in steps[:-1]:
            place = place.setdefault(step, {})
        place[steps[-1]] = value

    def lists(node: Any) -> Any:
        if not isinstance(node, dict):
            return node
        if node and all(key.isdigit() for key in node):
            return [lists(node[key]) for key in sorted(node, key=int)]
        return {key: lists(value) for key, value in node.items()}

    return lists(tree)  # type: ignore[no-any-return]


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128  # of five, many buyers at once would find the door shut and try again a second later
    double: Double


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1

    def do_GET(self) -> None:
        self._do("GET")

    def do_POST(self) -> None:
        self._do("POST")

    def log_message(self, *_: object) -> None:
        pass

    def _do(self, method: str) -> None:
        double: Double = self.server.double  # type: ignore[attr-defined]
        address = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        params = nested(parse_qsl(address.query if method == "GET" else body, keep_blank_values=True))
        if not address.path.startswith("/v1/"):
            status, headers, text = page.answer(double, method, address.path, dict(parse_qsl(address.query)) | params)
            return self._send(status, text.encode(), headers)
        if not self.headers.get("Authorization", "").startswith("Bearer sk_test_"):
            return self._send(401, json.dumps(error("Invalid API Key provided.", "invalid_request_error")).encode(), {})
        on, key = self.headers.get("Stripe-Account", ""), self.headers.get("Idempotency-Key", "")
        try:
            status, answer = double.answer(method, address.path.removeprefix("/v1/"), params, on, key)
        except ConnectionAbortedError:  # done, and the answer is lost on the way
            self.close_connection = True
            return None
        self._send(status, json.dumps(answer).encode(), {"Content-Type": "application/json", "Request-Id": "req_double"})

    def _send(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in ({"Content-Type": "text/html; charset=utf-8"} | headers | {"Content-Length": str(len(body))}).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
