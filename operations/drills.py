"""A restore tried for real: the database is copied as it runs, started elsewhere from the copy, and audited there.

A copy that was never restored is a hope. What comes of it is a `Drill`, whose age is watched.
"""

import os
import subprocess
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from django.conf import settings
from django.db import connection
from psycopg.conninfo import make_conninfo

from operations.models import Drill
from ticketing.embedded.servers import CopyFailed, Servers
from ticketing.lib import clock

AUDIT_SECONDS = 600


class DrillFailed(Exception):
    """The restore did not work. It is in the history as such; the words say what stopped it."""


def drill(*, now: datetime) -> Drill:
    """Restore once, and write down what it took. DrillFailed.

    `rto_seconds`: from the copy to an audited database. `rpo_seconds`: how old the newest thing was that could have
    been restored at that moment: what the archive has, or else the copy."""
    var = Path(tempfile.mkdtemp(prefix="ticketing-drill-"))
    var.chmod(0o711)
    servers = Servers(
        var=var, postgres_settings={"shared_buffers": "32MB", "max_connections": "20", "wal_level": "minimal", "max_wal_senders": "0"}
    )
    try:
        servers.copy_postgres(conninfo=_address(), password=str(connection.settings_dict["PASSWORD"]))
        copied_at, began = clock.now(), time.monotonic()
        servers.start_postgres()
        wrong = _audited(servers)
        took = time.monotonic() - began
        rpo = _archive_age(now=clock.now()) or (clock.now() - copied_at).total_seconds() - took
    except (CopyFailed, RuntimeError, OSError, subprocess.TimeoutExpired) as error:
        Drill.objects.create(finished_at=clock.now(), passed=False)
        raise DrillFailed(str(error)) from error
    finally:
        servers.stop()
        servers.forget()
    found = Drill.objects.create(finished_at=clock.now(), passed=not wrong, rpo_seconds=max(0.0, rpo), rto_seconds=took)
    if wrong:
        raise DrillFailed(f"The restored database does not pass the audit: {wrong}")
    return found


def _address() -> str:
    there = connection.settings_dict
    return make_conninfo(host=there["HOST"] or None, port=there["PORT"] or None, user=there["USER"] or None, dbname="postgres")


def _audited(servers: Servers) -> str:
    """The audit in a process of its own, on the restored database. Empty when every invariant holds."""
    there = connection.settings_dict
    entering = quote(str(there["USER"]), safe="") + (f":{quote(str(there['PASSWORD']), safe='')}" if there["PASSWORD"] else "")
    address = f"postgresql://{entering}@{quote(str(servers.sockets / 'postgres'), safe='')}/{there['NAME']}"
    environment = os.environ | {
        "DATABASE_URL": address,
        "REDIS_URL": settings.REDIS_ADDRESS,
        "SECRET_KEY": settings.SECRET_KEY,
        "SITE_URL": settings.SITE_URL,
    }
    done = subprocess.run(
        [sys.executable, str(settings.BASE_DIR / "manage.py"), "audit", "--skip-checks"],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=AUDIT_SECONDS,
    )
    if done.returncode == 0:
        return ""
    return (
        "; ".join(line for line in (done.stdout + done.stderr).splitlines() if "violated" in line or "Error" in line)[:500] or "no answer"
    )


def _archive_age(*, now: datetime) -> float | None:
    """Seconds since the archive got its last piece of the log; None where nothing is archived."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT last_archived_time FROM pg_stat_archiver WHERE current_setting('archive_mode') <> 'off'")
        row = cursor.fetchone()
    return (now - row[0]).total_seconds() if row and row[0] else None
