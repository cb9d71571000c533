"""`python -m ticketing.embedded up`: everything under one command, which stops it all again."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from ticketing.embedded import children, static
from ticketing.embedded.servers import Servers

ROOT = Path(__file__).resolve().parent.parent.parent
VAR = Path(os.environ.get("VAR_DIR") or ROOT / "var")
HOST = os.environ.get("HOST", "127.0.0.1")
PORT = os.environ.get("PORT", "8000")


def commands(environment: Mapping[str, str] = os.environ) -> dict[str, list[str]]:
    """The children that serve in this environment, by name."""
    python = sys.executable
    return {
        "web": [
            python,
            "-m",
            "granian",
            "--interface",
            "wsgi",
            "--host",
            HOST,
            "--port",
            PORT,
            "--workers",
            environment.get("WEB_WORKERS", "2"),
            "--blocking-threads",
            environment.get("WEB_THREADS") or threads(environment),
            "--backlog",
            "2048",
            "--no-ws",
            "--log-level",
            "warning",
            "--respawn-failed-workers",
            "ticketing.wsgi:application",
        ],
        "worker": [
            python,
            "-m",
            "ticketing.embedded.worker",
            "-A",
            "ticketing",
            "worker",
            "-B",
            "--pool",
            "threads",
            "--concurrency",
            environment.get("TASK_WORKERS", "2"),  # one may have a long export or import, at most (JOBS_AT_ONCE)
            "-Q",
            "now,soon,whenever",
            "--loglevel",
            "warning",
            "--without-gossip",
            "--without-mingle",
            "--schedule",
            str(VAR / "schedule"),
        ],
    }


def threads(environment: Mapping[str, str]) -> str:
    """In each web process. One is best where nothing waits; with Stripe a buyer's thread waits for the provider's
    answer and others go on meanwhile (bench: paid)."""
    return "4" if environment.get("STRIPE_SECRET_KEY") else "1"


def manage(*words: str) -> None:
    done = subprocess.run([sys.executable, str(ROOT / "manage.py"), *words], cwd=ROOT, check=False)
    if done.returncode != 0:
        raise SystemExit(done.returncode)


def refuse_taken_port() -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, int(PORT)))
        except OSError:
            raise SystemExit(f"Port {PORT} is taken. Choose another one: PORT=8001 make run") from None


def up() -> None:
    refuse_taken_port()
    os.environ.setdefault("PORT", PORT)
    servers = Servers(var=VAR)
    running: dict[str, subprocess.Popen[bytes]] = {}
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        if not os.environ.get("DATABASE_URL"):
            servers.start_missing()
        prepare()
        for name, command in commands().items():
            running[name] = children.start(command, log=VAR / "log" / f"{name}.log", cwd=ROOT)
        wait_until_it_answers(running["web"])
        print(f"\n  Ready: http://{HOST}:{PORT}/   (Ctrl-C stops everything; logs are in {VAR}/log)", flush=True)
        if os.environ.get("DEMO") == "1":
            print("  Sign in at /manage/ as alice@example.com (organiser) or bob@example.com (gate), password demo-password\n", flush=True)
        keep(running)
    except KeyboardInterrupt:
        print("\n  Stopping …", flush=True)
    finally:
        for name in ("web", "worker"):
            children.stop(running.get(name), seconds=20)
        servers.stop()


def prepare() -> None:
    manage("migrate", "--noinput", "--verbosity", "0")
    static.collect(var=VAR)
    if os.environ.get("DEMO") == "1":
        manage("demo")


def wait_until_it_answers(web: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if web.poll() is not None:
            raise SystemExit(f"The web server did not start. Its last words are in {VAR}/log/web.log.")
        try:
            socket.create_connection((HOST, int(PORT)), timeout=1).close()
            return
        except OSError:
            time.sleep(0.05)
    raise SystemExit("The web server did not answer within 60 s.")


def keep(running: dict[str, subprocess.Popen[bytes]]) -> None:
    """Watch the children; one that ends is started again, more slowly each time."""
    pause = dict.fromkeys(running, 1.0)
    while True:
        time.sleep(0.5)
        for name, process in list(running.items()):
            if process.poll() is not None:
                print(f"  {name} ended with {process.returncode}; starting it again.", flush=True)
                time.sleep(pause[name])
                pause[name] = min(pause[name] * 2, 30)
                running[name] = children.start(commands()[name], log=VAR / "log" / f"{name}.log", cwd=ROOT)


if __name__ == "__main__":
    if sys.argv[1:] != ["up"]:
        sys.exit("Usage: python -m ticketing.embedded up")
    up()
