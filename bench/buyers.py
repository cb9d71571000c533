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


def buy(client: Client, slug: str, type_id: int, number: int, quantity: int = 1) -> str:
    """One whole checkout of a free ticket; returns the order page's path."""
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
    page = client.get(reply.location)
    assert page.status == 200, page.status
    return reply.location


def main() -> None:
    port, slug, type_id, first, buyers, orders = (
        sys.argv[1],
        sys.argv[2],
        int(sys.argv[3]),
        int(sys.argv[4]),
        int(sys.argv[5]),
        int(sys.argv[6]),
    )
    times: list[float] = []
    refused: list[str] = []
    broken: list[str] = []
    requests = [0]

    def run(buyer: int) -> None:
        for turn in range(orders):
            client = Client(int(port))
            began = time.monotonic()
            try:
                buy(client, slug, type_id, first + buyer * orders + turn)
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
            }
        ),
        flush=True,
    )


if __name__ == "__main__":
    main()
