"""Programs in a process of their own: `python -m bench.callers PORT CLIENTS` is started by programs.py.

It reads one line of JSON, {method, path, headers, bodies}, shares the bodies out among the clients, calls,
and writes how long each call took."""

import json
import sys
import threading
import time

from bench.client import Client


def main() -> None:
    port, clients = int(sys.argv[1]), int(sys.argv[2])
    print("ready", flush=True)
    for line in sys.stdin:
        asked = json.loads(line)
        times: list[float] = []
        broken: list[str] = []

        def run(number: int, asked: dict = asked, times: list = times, broken: list = broken) -> None:
            client = Client(port)
            for body in asked["bodies"][number::clients]:
                began = time.monotonic()
                try:
                    if body is None:
                        reply = client._send("GET", asked["path"], b"", asked["headers"])
                    else:
                        reply = client.post_json(asked["path"], body, asked["headers"])
                    if reply.status not in (200, 201) or asked["contains"].encode() not in reply.body:
                        broken.append(f"{reply.status} {reply.body[:300]!r}")
                except (OSError, EOFError) as error:
                    broken.append(repr(error))
                times.append(time.monotonic() - began)
            client.close()

        threads = [threading.Thread(target=run, args=(number,)) for number in range(clients)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        print(json.dumps({"times": times, "broken": broken[:3]}), flush=True)


if __name__ == "__main__":
    main()
