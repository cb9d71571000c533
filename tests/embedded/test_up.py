"""`python -m ticketing.embedded up`: by an ordinary user, on a path with spaces, twice at once, and nothing left."""

import contextlib
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.architecture.house import ROOT
from tests.embedded.copies import Copy, gone, interpreter, ordinary_user
from tests.faults.stage import free_port, until


@pytest.fixture(scope="module")
def somewhere():
    """A folder the ordinary user can reach, with spaces and letters beyond ASCII in its name."""
    folder = Path(tempfile.mkdtemp(prefix="ticketing copies é "))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def account():
    found = ordinary_user()
    if interpreter(found) is None:
        pytest.skip(f"{found.pw_name} can run no Python of this version with the installed packages")
    return found


@pytest.fixture(scope="module")
def first(somewhere, account):
    copy = Copy(somewhere / "first copy", account, free_port())
    yield copy
    copy.remove()


@pytest.fixture(scope="module")
def second(somewhere, account):
    copy = Copy(somewhere / "second copy", account, free_port())
    yield copy
    copy.remove()


def test_two_copies_serve_beside_each_other_and_leave_nothing(first, second, account):
    first.up(), second.up()
    first.ready(), second.ready()
    assert first.status("/") == second.status("/") == 200
    names = " ".join(first.left().values())
    assert all(name in names for name in ("postgres", "redis" if "redis" in names else "valkey", "granian", "worker"))
    assert not first.left().keys() & second.left().keys()
    assert {os.stat(f"/proc/{pid}").st_uid for pid in first.left()} == {account.pw_uid}
    assert (first.folder / "var/secret-key").read_text() != (second.folder / "var/secret-key").read_text()

    assert first.end(signal.SIGINT) == 0
    assert first.left() == {}, "at the moment the command has ended, all its children have"
    assert first.status("/") is None
    assert second.status("/readyz") == 200, "the copy beside it goes on"
    assert second.end(signal.SIGTERM) == 0
    assert second.left() == {}


def test_a_killed_start_leaves_no_children_and_the_next_one_works(first):
    first.up().ready()
    before = first.left()
    assert first.end(signal.SIGKILL) == -signal.SIGKILL
    assert before.keys() - {first.running.pid}, "there were children to be left"
    assert gone(first) == {}
    first.up().ready()
    assert first.status("/") == 200
    assert first.end(signal.SIGINT) == 0 and first.left() == {}


def workers(copy):
    return sorted(pid for pid, name in copy.left().items() if "embedded.worker" in name)


def test_a_killed_worker_is_started_again_and_its_schedule_with_it(first):
    """The schedule is a thread of the worker: one process, and nothing of it is left when that is killed."""
    first.up().ready()
    until(lambda: len(workers(first)) == 1, seconds=60)
    killed, killed_at = workers(first), time.time()
    os.kill(killed[0], signal.SIGKILL)
    until(lambda: len(workers(first)) == 1 and workers(first) != killed, seconds=60)
    until(lambda: any(path.stat().st_mtime > killed_at for path in (first.folder / "var").glob("schedule*")), seconds=60)
    assert first.end(signal.SIGINT) == 0 and first.left() == {}


@pytest.mark.parametrize(("reached", "all_of_it"), [("data-being-made/PG_VERSION", True), ("data/postmaster.pid", False)])
def test_killed_in_the_middle_of_its_first_start_it_starts_the_next_time(second, reached, all_of_it):
    """While PostgreSQL's files are made, with everything else (a crash of the machine), and while its tables are."""
    shutil.rmtree(second.folder / "var/postgres", ignore_errors=True)
    second.up()
    while second.running.poll() is None and not (second.folder / "var/postgres" / reached).exists():
        time.sleep(0.01)
    for pid in second.left() if all_of_it else [second.running.pid]:
        with contextlib.suppress(ProcessLookupError):  # it ended with its parent
            os.kill(pid, signal.SIGKILL)
    assert second.running.wait() == -signal.SIGKILL
    assert gone(second) == {}
    second.up().ready()
    assert second.end(signal.SIGINT) == 0 and second.left() == {}


COLLECT = "from ticketing.embedded import __main__ as run, static; static.collect(var=run.VAR)"


def test_static_files_are_collected_when_one_has_changed_and_only_then(first):
    manifest = first.folder / "var/static/staticfiles.json"
    before = manifest.stat().st_mtime_ns
    assert first.start("-c", COLLECT).wait(90) == 0
    assert manifest.stat().st_mtime_ns == before
    sheet = first.folder / "static/css/tokens.css"
    sheet.write_text(sheet.read_text() + "/* changed */")
    assert first.start("-c", COLLECT).wait(90) == 0
    served = json.loads(manifest.read_text())["paths"]["css/tokens.css"]
    assert (first.folder / "var/static" / served).read_text().endswith("/* changed */")


def test_a_taken_port_is_said_in_a_sentence(first):
    with socket.create_server(("127.0.0.1", first.port)):
        started = first.start("-m", "ticketing.embedded", "up")
        said = started.communicate(timeout=90)[0]
    assert started.returncode == 1
    assert said.strip() == f"Port {first.port} is taken. Choose another one: PORT=8001 make run"
    assert first.left() == {}


def test_a_command_alone_starts_what_it_needs_and_leaves_nothing(first):
    done = first.start("manage.py", "audit")
    said = done.communicate(timeout=90)[0]
    assert done.returncode == 0, said
    assert gone(first, seconds=5) == {}


CHILD = """
import sys, time, pathlib
from ticketing.embedded import children
if sys.argv[1] == "without":
    children._libc = type("Nothing", (), {"prctl": staticmethod(lambda *_: 0)})
child = children.start(["/bin/sleep", "60"], log=pathlib.Path(sys.argv[2]))
print(child.pid, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize(("ending", "survives"), [("with", False), ("without", True)])
def test_a_child_ends_with_its_killed_parent(tmp_path, ending, survives):
    """The control: without the kernel's parent-death signal the child stays behind."""
    parent = subprocess.Popen([sys.executable, "-c", CHILD, ending, str(tmp_path / "log")], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    child = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    time.sleep(0.3)
    assert alive(child) is survives
    if survives:
        os.kill(child, signal.SIGKILL)


def alive(pid):
    status = Path(f"/proc/{pid}/status")
    return status.exists() and "State:\tZ" not in status.read_text()


@pytest.mark.skipif(os.getuid() != 0, reason="only root can start as root")
def test_root_starts_in_a_folder_closed_to_others_and_opens_no_mode(somewhere):
    closed = somewhere / "closed to others"
    closed.mkdir(mode=0o700)
    copy = Copy(closed / "a copy", pwd.getpwuid(0), free_port())
    try:
        copy.up().ready()
        owners = {os.stat(f"/proc/{pid}").st_uid for pid, name in copy.left().items() if "postgres" in name}
        assert owners and 0 not in owners, "PostgreSQL runs as an unprivileged user"
        assert closed.stat().st_mode & 0o777 == 0o700
        assert copy.end(signal.SIGINT) == 0 and copy.left() == {}
    finally:
        copy.remove()
        shutil.rmtree(Path("/var/lib") / copy.sockets.name.replace("ticketing-0-", "ticketing-"), ignore_errors=True)
