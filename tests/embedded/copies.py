"""Copies of the checkout, started for real by whom we like, and the processes they leave."""

import http.client
import os
import pwd
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
import uuid
from pathlib import Path

from tests.architecture.house import ROOT, files
from ticketing.embedded import socket_directory

NAMES = (
    "accounts",
    "api",
    "events",
    "locale",
    "operations",
    "outbox",
    "payments",
    "registrations",
    "scanning",
    "static",
    "templates",
    "ticketing",
    "trail",
    "workspace",
    "manage.py",
)


def ordinary_user() -> pwd.struct_passwd:
    return pwd.getpwnam("nobody") if os.getuid() == 0 else pwd.getpwuid(os.getuid())


def interpreter(account: pwd.struct_passwd) -> str | None:
    """A Python of this version that the account may run; ours may lie in a home that is closed to others."""
    beside = shutil.which(f"python3.{sys.version_info.minor}", path="/usr/local/bin:/usr/bin")
    for python in filter(None, (sys.executable, beside)):
        try:
            imported = [python, "-c", "import django, psycopg, granian"]
            subprocess.run(imported, check=True, capture_output=True, env=environment(), cwd="/", **identity(account))
        except (OSError, subprocess.CalledProcessError):
            continue
        return python
    return None


def identity(account: pwd.struct_passwd) -> dict[str, object]:
    if account.pw_uid == os.getuid():
        return {}
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def environment(**more: str) -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "PYTHONPATH": sysconfig.get_path("purelib"), "WEB_WORKERS": "1"} | more


class Copy:
    """One copy of the checkout in a folder of its own. `up` starts everything, `left` are its processes."""

    def __init__(self, folder: Path, account: pwd.struct_passwd, port: int) -> None:
        self.folder, self.account, self.port = folder, account, port
        self.python = interpreter(account)
        self.mark = f"MARK={uuid.uuid4().hex}"
        self.running: subprocess.Popen[str] | None = None
        for path in files(*NAMES, ending=""):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, folder / path)
        for path in (folder, *folder.rglob("*")):
            os.chown(path, account.pw_uid, account.pw_gid)

    @property
    def sockets(self) -> Path:
        made = socket_directory(self.folder / "var").name  # named after who asks
        return Path("/tmp") / made.replace(f"ticketing-{os.getuid()}-", f"ticketing-{self.account.pw_uid}-")

    @property
    def bytecode(self) -> Path:
        """Compiled once for all copies of this account, which can't write beside the installed packages."""
        folder = self.folder.parent / f"bytecode of {self.account.pw_name}"
        folder.mkdir(exist_ok=True)
        os.chown(folder, self.account.pw_uid, self.account.pw_gid)
        return folder

    def start(self, *words: str) -> subprocess.Popen[str]:
        name, _, value = self.mark.partition("=")
        return subprocess.Popen(
            [self.python, *words],
            cwd=self.folder,
            env=environment(PORT=str(self.port), HOME=str(self.folder), PYTHONPYCACHEPREFIX=str(self.bytecode), **{name: value}),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            **identity(self.account),
        )

    def up(self) -> "Copy":
        """Start, without waiting."""
        self.running = self.start("-m", "ticketing.embedded", "up")
        return self

    def ready(self, seconds: float = 120) -> "Copy":
        deadline = time.monotonic() + seconds
        while self.status("/readyz") != 200:
            if self.running.poll() is not None or time.monotonic() > deadline:
                self.running.kill()
                raise AssertionError(self.running.communicate()[0] + self.logs())
            time.sleep(0.05)
        return self

    def status(self, path: str) -> int | None:
        """The status of a page, None when nobody answers."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            connection.request("GET", path)
            return connection.getresponse().status
        except OSError:
            return None
        finally:
            connection.close()

    def end(self, how: signal.Signals) -> int:
        """Send the command itself a signal, and wait until it has ended. Its children are not asked."""
        self.running.send_signal(how)
        return self.running.wait(60)

    def left(self) -> dict[int, str]:
        """Processes of this copy: they carry its mark, name its folders or work in them."""
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            try:
                words = (process / "cmdline").read_bytes() + (process / "environ").read_bytes()
                words += os.fsencode(os.readlink(process / "cwd"))
            except OSError:  # ended meanwhile, or somebody else's
                continue
            if any(os.fsencode(sign) in words for sign in (self.mark, str(self.folder), str(self.sockets))):
                found[int(process.name)] = (process / "cmdline").read_text()[:120] if process.exists() else ""
        return found

    def logs(self) -> str:
        return "".join(f"\n--- {log.name}\n{log.read_text()[-2000:]}" for log in (self.folder / "var" / "log").glob("*"))

    def remove(self) -> None:
        """Whatever a failed test left: its own processes, its own folders."""
        for pid in self.left():
            os.kill(pid, signal.SIGKILL)
        if self.running is not None:
            self.running.wait()
            self.running.stdout.close()
        shutil.rmtree(self.sockets, ignore_errors=True)
        shutil.rmtree(self.folder, ignore_errors=True)


def gone(copy: Copy, seconds: float = 15) -> dict[int, str]:
    """What is still running of the copy after a while: nothing, it is hoped."""
    deadline = time.monotonic() + seconds
    while (left := copy.left()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return left
