"""Stripe's double in a process of its own: `python -m bench.provider PORT DELAY_MS SHOP` is started by money.py.

Reads one JSON line at a time: {"sessions": […]} puts sessions on its book and lets each end by chance;
{"post": seed, "threads": n, "again": 0.1} posts every notice of it in random order, that part of them twice;
{"states": true} says how each session ended."""

import json
import random
import sys
import threading
import time
from typing import Any

from bench.client import Client
from tests.stripe_double.server import Double

ENDS = ("pay", "pay", "pay", "slow", "slow", "slow fails", "declined, then paid", "expire")


def end(double: Double, own: str, how: str) -> None:
    book = double.book
    if how == "expire":
        book.expire(own, "")
        return
    if how.startswith("declined"):
        book.decline(own, "")
    if how.startswith("slow"):
        book.pay_later(own, "")
        book.decide(own, "", success=how == "slow")
    else:
        book.pay(own, "")


def take_in(double: Double, sessions: list[dict[str, Any]]) -> int:
    chance = random.Random(4)
    for each in sessions:
        fields = {"status": "open", "payment_status": "unpaid", "payment_intent": None, "asked_of_intent": {"application_fee_amount": 0}}
        made = double.book.new("cs_test", "checkout.session", "", **fields, **each["says"])
        double.book.things[each["id"]] = double.book.things.pop(made["id"]) | {"id": each["id"]}
        end(double, each["id"], chance.choice(ENDS))
    return len(double.post.owed)


def post_all(double: Double, shop: int, seed: int, threads: int, again: float) -> dict[str, Any]:
    chance, owed = random.Random(seed), double.post.owed
    told = owed + chance.sample(owed, round(len(owed) * again / (1 - again)))
    chance.shuffle(told)
    bodies = [double.post.body(event) for event in told]
    refused = []

    def run(part: list[str]) -> None:
        client = Client(shop)
        for body in part:
            reply = client.post_raw("/notices/stripe/", body.encode(), f"Stripe-Signature: {double.post.signature(body)}\r\n")
            if reply.status != 200:
                refused.append(reply.status)
        client.close()

    workers = [threading.Thread(target=run, args=(bodies[number::threads],)) for number in range(threads)]
    began = time.monotonic()
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    return {
        "posted": len(told),
        "different": len({event["id"] for event in told}),
        "refused": len(refused),
        "seconds": time.monotonic() - began,
    }


def main() -> None:
    port, delay, shop = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    with Double(port=port, notices_to=f"http://127.0.0.1:{shop}/notices/stripe/", delay=delay / 1000) as double:
        print("ready", flush=True)
        for line in sys.stdin:
            asked = json.loads(line)
            if "sessions" in asked:
                answer: Any = take_in(double, asked["sessions"])
            elif "post" in asked:
                answer = post_all(double, shop, asked["post"], asked["threads"], asked["again"])
            else:
                answer = {each["id"]: "paid" if each["payment_status"] == "paid" else "failed" for each in double.sessions()}
            print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
