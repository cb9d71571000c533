"""The product as it serves: PostgreSQL (durable), Redis, granian and Celery, in a folder of their own."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ticketing.embedded import __main__ as runner
from ticketing.embedded import children, static
from ticketing.embedded.servers import Servers

ROOT = Path(__file__).resolve().parent.parent
PORT = int(os.environ.get("BENCH_PORT", "8765"))


class Stage:
    """`open` starts the servers and the database; `serve` adds web and worker for a while."""

    def __init__(self) -> None:
        self.var = Path(tempfile.mkdtemp(prefix="ticketing-bench-", dir=os.environ.get("BENCH_DIR") or "/var/tmp"))
        self.var.chmod(0o711)
        os.environ.update(VAR_DIR=str(self.var), PORT=str(PORT), DJANGO_SETTINGS_MODULE="ticketing.settings")
        for name in ("DATABASE_URL", "REDIS_URL", "S3_BUCKET", "EMAIL_URL", "SITE_URL", "DEMO"):
            os.environ.pop(name, None)
        self.servers = Servers(var=self.var)
        self.web: subprocess.Popen[bytes] | None = None
        self.worker: subprocess.Popen[bytes] | None = None

    def open(self) -> None:
        self.servers.start_missing()
        import django

        django.setup()
        runner.manage("migrate", "--noinput", "--verbosity", "0")
        (self.var / "static").symlink_to(static.collect(var=ROOT / "var" / "bench"))

    def close(self) -> None:
        from django.db import connections

        connections.close_all()
        self.servers.stop()
        shutil.rmtree(self.var, ignore_errors=True)
        shutil.rmtree(self.servers.sockets, ignore_errors=True)

    @contextmanager
    def serve(self, *, worker: bool = True, **environment: str) -> Iterator["Stage"]:
        env = os.environ | environment
        commands = runner.commands(env)
        web = [word if word != runner.PORT else str(PORT) for word in commands["web"]]
        self.started_at = time.monotonic()
        self.web = children.start(web, log=self.var / "log" / "web.log", cwd=ROOT, env=env)
        if worker:
            self.worker = children.start(commands["worker"], log=self.var / "log" / "worker.log", cwd=ROOT, env=env)
        try:
            self._wait()
            yield self
        finally:
            children.stop(self.web)
            children.stop(self.worker, seconds=20)
            self.web = self.worker = None

    def _wait(self) -> None:
        from bench.client import Client

        while time.monotonic() - self.started_at < 60:
            try:
                if Client(PORT).get("/readyz").status == 200:
                    self.ready_seconds = time.monotonic() - self.started_at
                    return
            except OSError:
                time.sleep(0.05)
        sys.exit(f"The web server did not answer; see {self.var}/log/web.log")

    def roots(self) -> list[int]:
        """Process ids at the top of everything that serves."""
        running = (self.servers.postgres, self.servers.redis, self.web, self.worker)
        return [process.pid for process in running if process is not None]


def wait_until_idle(stage: Stage, *, seconds: float = 30) -> None:
    """Until the background has nothing left to do."""
    from bench import meter

    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        before = meter.cpu_seconds(stage.roots())
        time.sleep(0.6)
        if meter.cpu_seconds(stage.roots()) - before < 0.03:
            return


def port_is_free() -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        return probe.connect_ex(("127.0.0.1", PORT)) != 0
