"""The product in processes of its own, to kill and stop for real: PostgreSQL (durable), Redis, web, worker."""

import fcntl
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from bench.buyers import Refused, buy
from bench.client import Client
from ticketing.embedded import __main__ as runner
from ticketing.embedded import children
from ticketing.embedded.servers import Servers

ROOT = Path(__file__).resolve().parent.parent.parent
PRELUDE = "import django; django.setup()\nfrom ticketing.lib import clock; now = clock.now()\n"
WORLD = """
from tests import cast
alice = cast.person("Alice"); bob = cast.person("Bob")
event = cast.event(organiser=cast.organiser(owner=alice, gate=bob), slug="fault")
kind = cast.ticket_type(event, capacity={capacity}, price_minor={price})
print(kind.pk)
"""


# Runs what it is told, each text with names of its own; starting a process for each would take longer than the text.
ASKED = """
import contextlib, io, json, sys, traceback
from django.db import close_old_connections
for line in sys.stdin:
    close_old_connections()
    clock.forget()
    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said):
            exec(json.loads(line), {"now": clock.now(), "clock": clock})
        answer = [True, said.getvalue()]
    except BaseException:
        answer = [False, traceback.format_exc()]
    print(json.dumps(answer), flush=True)
"""


def prepared() -> Path:
    """The var/ of a product with an empty, migrated database: made once in a test run, copied by each stage."""
    home = Path(os.environ["TEST_RUN_DIR"]) / "prepared"
    home.mkdir(mode=0o711, exist_ok=True)
    with open(home / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (home / "complete").exists():
            servers = Servers(var=home, postgres_settings={"fsync": "off"})
            servers.start_missing()
            command = [sys.executable, "manage.py", "migrate", "--noinput", "-v0"]
            subprocess.run(command, cwd=ROOT, env=without_addresses() | {"VAR_DIR": str(home)}, check=True)
            servers.stop()
            shutil.rmtree(servers.sockets, ignore_errors=True)
            (home / "complete").touch()
    return home


def without_addresses() -> dict[str, str]:
    """The environment less what names this test process's own servers."""
    drop = ("DATABASE_URL", "REDIS_URL", "REDIS_PREFIX", "S3_BUCKET", "EMAIL_URL", "SITE_URL", "DEMO", "PYTEST_XDIST_WORKER")
    return {name: value for name, value in os.environ.items() if name not in drop}


class Stage:
    """`with Stage() as stage:` everything is up; afterwards nothing is left."""

    def __init__(self, *, worker: bool = True, capacity: int = 1000, price: int = 0, **environment: str) -> None:
        self.var = Path(tempfile.mkdtemp(prefix="ticketing-fault-"))
        self.var.chmod(0o711)
        self.port = free_port()
        self.with_worker, self.capacity, self.price = worker, capacity, price
        self.env = (
            without_addresses()
            | {"VAR_DIR": str(self.var), "PORT": str(self.port), "PYTHONPATH": str(ROOT), "PDF_IN_MAIL": "0"}
            | environment
        )
        self.servers = Servers(var=self.var)
        self.web = self.worker = self.asked = None

    def __enter__(self) -> "Stage":
        subprocess.run(["cp", "-a", str(prepared() / "postgres"), str(self.var / "postgres")], check=True)
        (self.var / "static").symlink_to((Path(os.environ["VAR_DIR"]) / "static").resolve())
        self.servers.start_missing()
        self.type_id = int(self.python(WORLD.format(capacity=self.capacity, price=self.price)))
        self.start_web()
        if self.with_worker:
            self.start_worker()
        return self

    def __exit__(self, *_: object) -> None:
        if self.asked is not None:
            self.asked.stdin.close()
            self.asked.wait(20)
            self.asked.stdout.close()
        children.stop(self.web, seconds=5)
        children.stop(self.worker, seconds=5)
        self.servers.stop()
        shutil.rmtree(self.var, ignore_errors=True)
        shutil.rmtree(self.servers.sockets, ignore_errors=True)

    def start_web(self) -> None:
        command = [word if word != runner.PORT else str(self.port) for word in runner.commands()["web"]]
        self.web = children.start(command, log=self.var / "log" / "web.log", cwd=ROOT, env=self.env)
        until(lambda: Client(self.port).get("/readyz").status == 200, seconds=30)

    def start_worker(self) -> None:
        command = [word.replace(str(runner.VAR), str(self.var)) for word in runner.commands()["worker"]]
        self.worker = children.start(command, log=self.var / "log" / "worker.log", cwd=ROOT, env=self.env)

    def manage(self, *words: str) -> str:
        return subprocess.run(
            [sys.executable, "manage.py", *words], cwd=ROOT, env=self.env, check=True, capture_output=True, text=True
        ).stdout

    def python(self, code: str) -> str:
        """What this text prints, run in a process beside the product's own."""
        if self.asked is None:
            environment = self.env | {"DJANGO_SETTINGS_MODULE": "ticketing.settings"}
            self.asked = subprocess.Popen(
                [sys.executable, "-c", PRELUDE + ASKED], cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        self.asked.stdin.write(json.dumps(code) + "\n")
        self.asked.stdin.flush()
        well, said = json.loads(self.asked.stdout.readline())
        assert well, said
        return said.strip()

    def audit(self) -> str:
        """Clean, or AssertionError with what is violated."""
        done = subprocess.run([sys.executable, "manage.py", "audit"], cwd=ROOT, env=self.env, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def orders(self) -> set[str]:
        return set(
            self.python(
                "from registrations.models import Order\nprint(*Order.objects.filter(confirmed_at__isnull=False).values_list('code', flat=True))"
            ).split()
        )

    def web_workers(self) -> list[int]:
        from bench.meter import tree

        return sorted(tree([self.web.pid]) - {self.web.pid})


class Sale:
    """Buyers in threads who buy until told to stop. `told`: codes of orders whose page they saw."""

    def __init__(self, stage: Stage, buyers: int = 4) -> None:
        self.stage, self.told, self.troubles, self.refused = stage, [], [], 0
        self.stopping = threading.Event()
        self.threads = [threading.Thread(target=self._run, args=(number,)) for number in range(buyers)]

    def __enter__(self) -> "Sale":
        for thread in self.threads:
            thread.start()
        until(lambda: len(self.told) >= 4, seconds=20)
        return self

    def __exit__(self, *_: object) -> None:
        self.stopping.set()
        for thread in self.threads:
            thread.join(30)

    def _run(self, buyer: int) -> None:
        number = 0
        while not self.stopping.is_set():
            number += 1
            client = Client(self.stage.port)
            try:
                self.told.append(buy(client, "fault", self.stage.type_id, buyer * 10_000 + number).split("/")[2])
            except Refused:
                self.refused += 1
                time.sleep(0.05)
            except (OSError, EOFError, AssertionError) as error:
                self.troubles.append(repr(error)[:300])
                time.sleep(0.05)
            finally:
                client.close()

    def goes_on(self, more: int = 4, seconds: float = 60) -> None:
        """Orders are placed again (L1)."""
        target = len(self.told) + more
        until(lambda: len(self.told) >= target, seconds=seconds)


def until(true, *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            if true():
                return
        except OSError:
            pass
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s")


def kill(pid: int) -> None:
    os.kill(pid, signal.SIGKILL)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
