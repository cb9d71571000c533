"""Throwaway servers for each test process: one cluster for all would let a test's running transaction hold back another's.

A pytest plugin (see pyproject.toml), loaded before the settings are.
"""

import fcntl
import os
import shutil
import tempfile
from pathlib import Path

os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "1")  # Playwright's loop runs beside Django's ORM

_servers = None


def _start_servers() -> None:
    global _servers
    from ticketing.embedded import static
    from ticketing.embedded.servers import Servers

    for name in ("DATABASE_URL", "REDIS_URL", "S3_BUCKET", "EMAIL_URL", "SITE_URL", "DEMO"):
        os.environ.pop(name, None)
    base = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
    os.environ["VAR_DIR"] = tempfile.mkdtemp(prefix="ticketing-test-", dir=base)
    os.chmod(os.environ["VAR_DIR"], 0o711)  # PostgreSQL's own user walks through it when we are root
    _servers = Servers(
        var=Path(os.environ["VAR_DIR"]),
        # The machine may crash and take the test's data with it; a killed server may not.
        postgres_settings={"fsync": "off", "full_page_writes": "off", "max_connections": "200"},
    )
    _servers.start_missing()
    kept = Path(__file__).resolve().parent.parent / "var" / "tests"  # compressing them anew in each run takes longer than most tests
    kept.mkdir(parents=True, exist_ok=True)
    with open(kept / "lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        (Path(os.environ["VAR_DIR"]) / "static").symlink_to(static.collect(var=kept))


_start_servers()
os.environ.setdefault("TEST_RUN_DIR", os.environ["VAR_DIR"])  # the run's own, also for its other processes
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ticketing.settings")


def pytest_unconfigure(config: object) -> None:
    if _servers is not None:
        _servers.stop()
        shutil.rmtree(os.environ["VAR_DIR"], ignore_errors=True)
        shutil.rmtree(_servers.sockets, ignore_errors=True)
