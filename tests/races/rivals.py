"""Processes that do the same thing in the same moment, on one database.

Each rival runs the text it is given: what stands before `def act():` prepares, then all wait for one
moment of the clock, then each calls act() and tells what it returned or raised.
"""

import json
import subprocess
import sys
import time

from tests.faults.stage import PRELUDE, ROOT

LOOP = """
import json, sys, time
print("ready", flush=True)
for line in sys.stdin:
    asked = json.loads(line)
    names = {"number": asked["number"]}
    exec(asked["text"], names)
    while time.time() < asked["at"]:
        pass
    try:
        told = names["act"]()
    except Exception as error:
        told = type(error).__name__
    print(json.dumps(told), flush=True)
"""


class Rivals:
    """`with Rivals(stage, 4) as rivals: rivals.race(text)` gives four answers."""

    def __init__(self, stage, count):
        environment = stage.env | {"DJANGO_SETTINGS_MODULE": "ticketing.settings"}
        command = [sys.executable, "-c", PRELUDE + LOOP]
        self.processes = [
            subprocess.Popen(command, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
            for _ in range(count)
        ]

    def __enter__(self):
        for process in self.processes:
            assert process.stdout.readline() == "ready\n"
        return self

    def __exit__(self, *_):
        for process in self.processes:
            process.stdin.close()
            process.wait(10)
            process.stdout.close()

    def race(self, text, *, ready=0.3):
        """`text` may use `number`: 0, 1, … of the rival. `ready`: seconds that the preparation may take."""
        at = time.time() + ready
        for number, process in enumerate(self.processes):
            process.stdin.write(json.dumps({"text": text, "at": at, "number": number}) + "\n")
            process.stdin.flush()
        return [json.loads(process.stdout.readline()) for process in self.processes]
