"""`claim` through Python against pgbench running the same SQL, and with a slow standby."""

import os
import re
import subprocess
import sys
import tempfile
import time

from bench.stage import Stage
from ticketing.embedded import DATABASE, USER, children
from ticketing.embedded.servers import _account, _as_user, _installed_postgres, _plain_environment

CLIENTS = 8
SECONDS = 5

WORKER = """
import sys, time
import django
django.setup()
from events import inventory
quota, seconds = int(sys.argv[1]), float(sys.argv[2])
inventory.claim(needs={quota: 1})
print("ready", flush=True)
sys.stdin.readline()
done, end = 0, time.monotonic() + seconds
while time.monotonic() < end:
    for _ in range(20):
        inventory.claim(needs={quota: 1})
    done += 20
print(done, flush=True)
"""


def make_quota(name: str) -> int:
    from bench.world import an_event
    from events.models import Quota

    return Quota.objects.create(event=an_event("claims"), name=f"{name} {time.monotonic_ns()}", capacity=2_000_000_000).pk


def python_rate(quota_id: int) -> float:
    """Claims a second of CLIENTS processes, each through events.inventory.claim."""
    workers = [
        subprocess.Popen(
            [sys.executable, "-c", WORKER, str(quota_id), str(SECONDS)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(CLIENTS)
    ]
    for worker in workers:
        worker.stdout.readline()
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    total = sum(int(worker.stdout.readline()) for worker in workers)
    for worker in workers:
        worker.communicate()
    return total / SECONDS


def pgbench_rate(stage: Stage, quota_id: int, *, fast: bool = True) -> float:
    """Transactions a second of pgbench with CLIENTS connections and the statement of inventory.py."""
    from events import inventory

    statement = (inventory.CLAIM_FAST if fast else inventory.CLAIM).replace("%s", "{}").format(1, quota_id, 1)
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as script:
        script.write(statement + ";\n")
        script.flush()
        os.chmod(script.name, 0o644)
        done = subprocess.run(
            [
                str(_installed_postgres() / "pgbench"),
                "-h",
                str(stage.servers.sockets / "postgres"),
                "-U",
                USER,
                "-n",
                "-M",
                "prepared",
                "-c",
                str(CLIENTS),
                "-j",
                "2",
                "-T",
                str(SECONDS),
                "-f",
                script.name,
                DATABASE,
            ],
            capture_output=True,
            text=True,
            check=True,
        )
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    assert found, done.stdout
    return float(found.group(1))


def measure(stage: Stage) -> dict[str, tuple[float, str, str]]:
    quota_id = make_quota("hot")
    pgbench_rate(stage, quota_id)  # warm
    by_pgbench = pgbench_rate(stage, quota_id)
    by_python = python_rate(quota_id)
    return {
        "claim, 8 clients, pgbench": (by_pgbench, "claims/s", ""),
        "claim, 8 clients, Python": (by_python, "claims/s", ""),
        "claim, Python ÷ pgbench": (by_python / by_pgbench, "ratio", ">= 0.35"),
    }


def measure_standby(stage: Stage) -> dict[str, tuple[float, str, str]]:
    """The hot quota without and with a standby whose acknowledgement comes 2 ms late."""
    import psycopg

    quota_id = make_quota("hot")
    alone = python_rate(quota_id)
    host = str(stage.servers.sockets / "postgres")
    account = _account()
    binaries = _installed_postgres()
    home = stage.var / "standby"
    home.mkdir(mode=0o700)
    if account:
        os.chown(home, account.pw_uid, account.pw_gid)
    run_as = {} if account is None else _as_user(account) | {"extra_groups": []}
    subprocess.run(
        [str(binaries / "pg_basebackup"), "-h", host, "-U", USER, "-D", str(home / "data"), "-R", "-X", "stream", "-c", "fast"],
        check=True,
        cwd="/",
        env=_plain_environment(),
        **run_as,
    )
    standby = children.start(
        [
            str(binaries / "postgres"),
            "-D",
            str(home / "data"),
            "-c",
            "listen_addresses=",
            "-c",
            f"unix_socket_directories={home}",
            "-c",
            "recovery_min_apply_delay=2ms",
            "-c",
            "hot_standby=on",
            "-c",
            "cluster_name=late",
            "-c",
            f"primary_conninfo=host={host} user={USER} application_name=late",
        ],
        log=stage.var / "log" / "standby.log",
        ending=2,
        env=_plain_environment(),
        **_as_user(account),
    )
    try:
        with psycopg.connect(host=host, user=USER, dbname=DATABASE, autocommit=True) as connection:
            connection.execute("ALTER SYSTEM SET synchronous_standby_names = 'late'")
            connection.execute("ALTER SYSTEM SET synchronous_commit = 'remote_apply'")
            connection.execute("SELECT pg_reload_conf()")
            deadline = time.monotonic() + 20
            while connection.execute("SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'").fetchone()[0] == 0:
                assert time.monotonic() < deadline, (stage.var / "log" / "standby.log").read_text()[-2000:]
                time.sleep(0.1)
            with_standby = python_rate(quota_id)
            durable = pgbench_rate(stage, quota_id, fast=False)
            connection.execute("ALTER SYSTEM RESET synchronous_standby_names")
            connection.execute("ALTER SYSTEM RESET synchronous_commit")
            connection.execute("SELECT pg_reload_conf()")
    finally:
        children.stop(standby, ending=2)
    return {
        "hot quota, alone": (alone, "claims/s", ""),
        "hot quota, standby 2 ms late": (with_standby, "claims/s", ""),
        "hot quota, kept with the standby": (with_standby / alone, "ratio", ">= 0.8"),
        "the same claimed durably, pgbench (for comparison)": (durable, "claims/s", ""),
    }
