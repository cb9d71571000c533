"""Embedded mode: our own PostgreSQL and Redis under var/, from Python wheels.

Nothing to install, nothing left running: every server is a child that ends with its parent, also
when the parent is killed. Light to import: settings use the two functions below.
"""

import hashlib
import os
import sys
from pathlib import Path

DATABASE = "ticketing"
USER = "postgres"


def socket_directory(var: Path) -> Path:
    """A short folder of our own for the sockets: a socket's path has at most 107 bytes, a checkout's
    may be longer. Named after the checkout, so that two copies never meet."""
    name = hashlib.sha256(str(var.resolve()).encode()).hexdigest()[:12]
    return Path(f"/tmp/ticketing-{os.getuid()}-{name}")


def database_settings(var: Path) -> dict[str, object]:
    """Django's DATABASES entry for the embedded PostgreSQL."""
    return {"NAME": DATABASE, "USER": USER, "HOST": str(socket_directory(var) / "postgres")}


def redis_url(var: Path) -> str:
    return f"unix://{socket_directory(var)}/redis.sock?db=0"


def for_command() -> None:
    """Start what is not running, for the time of one `manage.py` command."""
    if os.environ.get("DATABASE_URL"):
        return
    from ticketing.embedded.servers import Servers

    var = Path(os.environ.get("VAR_DIR") or Path(__file__).resolve().parent.parent.parent / "var")
    try:
        Servers(var=var).start_missing()
    except RuntimeError as error:
        sys.exit(str(error))
