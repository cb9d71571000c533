"""Buyers in processes of their own: `python -m bench.buyers PATH TYPE COUNT PROCESSES…` is started by sales.py.

Each buys over HTTP as a browser does: pages, forms, cookies, CSRF tokens; every request counted.
"""

import json
import sys
import threading
import time

from bench.client import Client, hidden_fields


class Refused(Exception):
    """The page said no, in words."""


def buy(client: Client, slug: str, type_id: int, number: int, quantity: int = 1, bank: int = 0) -> str:
    """One whole checkout of a free ticket, or of one that is paid at `bank`; returns where the order leads to."""
    assert client.get(f"/events/{slug}/").status == 200
    reply = client.post(f"/events/{slug}/holds/", {f"quantity-{type_id}": quantity, "attempt": f"{number}-{time.monotonic_ns()}"})
    if reply.status in (409, 422):
        raise Refused(reply.body.decode())
    assert reply.status == 303, (reply.status, reply.body[:3000])
    details_path = reply.location
    page = client.get(details_path)
    fields = hidden_fields(page.body) | {"buyer_name": "Dana Buyer", "buyer_email": f"dana{number}@example.com"}
    reply = client.post(details_path, fields)
    assert reply.status in (302, 303), (reply.status, reply.body[:3000])
    review_path = reply.location
    page = client.get(review_path)
    reply = client.post(review_path.replace("/review/", "/order/"), hidden_fields(page.body))
    assert reply.status in (302, 303), (reply.status, reply.body[:3000])
    if bank:
        page = client.get(reply.location)
        assert page.status == 302, (page.status, page.body[:2000])
        pay(client, bank, page.location)
        return reply.location
    page = client.get(reply.location)
    assert page.status == 200, page.status
    return reply.location


def pay(client: Client, bank: int, page: str) -> None:
    """By card at the provider's page, and back to the tickets. The page's own bytes are the provider's work."""
    provider = Client(bank)
    reply = provider.post(page, {"act": "pay"})
    client.requests += 1
    provider.close()
    assert reply.status == 303, (reply.status, reply.body[:2000])
    landed = client.follow(client.get(reply.location))
    assert landed.status == 200 and b"Ticket" in landed.body, (landed.status, landed.body[:2000])


def main() -> None:
    port, slug = sys.argv[1:3]
    type_id, first, buyers, orders, bank = map(int, sys.argv[3:8])
    times: list[float] = []
    refused: list[str] = []
    broken: list[str] = []
    requests = [0]

    def run(buyer: int) -> None:
        for turn in range(orders):
            client = Client(int(port))
            began = time.monotonic()
            try:
                buy(client, slug, type_id, first + buyer * orders + turn, bank=bank)
                times.append(time.monotonic() - began)
            except Refused as error:
                refused.append(str(error))
            except Exception as error:
                broken.append(f"{type(error).__name__}: {error}"[:2000])
            requests[0] += client.requests
            client.close()

    threads = [threading.Thread(target=run, args=(buyer,)) for buyer in range(buyers)]
    print("ready", flush=True)
    sys.stdin.readline()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    truthful = sum("Sold out" in text or "sold out" in text or "holds" in text for text in refused)
    print(
        json.dumps(
            {
                "times": times,
                "refused": len(refused),
                "truthful": truthful,
                "broken": broken[:5],
                "broken_count": len(broken),
                "requests": requests[0],
                "cpu": time.process_time(),
            }
        ),
        flush=True,
    )


if __name__ == "__main__":
    main()
