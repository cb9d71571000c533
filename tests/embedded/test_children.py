"""What a child started ends with it."""

import os
import sys

from tests.faults.stage import until
from ticketing.embedded import children

# Like a web server that is killed: its worker goes on, and does not listen.
SERVER = """
import os, signal, subprocess, sys
worker = subprocess.Popen([sys.executable, "-c", "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)"])
print(worker.pid, flush=True)
{signal}
worker.wait()
"""


def is_there(pid):
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def started(tmp_path, *, deaf):
    text = SERVER.format(signal="signal.signal(signal.SIGTERM, signal.SIG_IGN)" if deaf else "")
    server = children.start([sys.executable, "-c", text], log=tmp_path / "log", env=dict(os.environ))
    until(lambda: (tmp_path / "log").read_text().strip().isdigit(), seconds=10)
    return server, int((tmp_path / "log").read_text())


def test_a_server_that_ends_or_must_be_killed_leaves_no_worker(tmp_path):
    for deaf in (False, True):
        server, worker = started(tmp_path / str(deaf), deaf=deaf)
        assert is_there(worker)
        children.stop(server, seconds=0.3)
        until(lambda pid=worker: not is_there(pid), seconds=5)


def test_control_killed_alone_it_leaves_its_worker(tmp_path):
    server, worker = started(tmp_path, deaf=False)
    server.kill()
    server.wait()
    assert is_there(worker)
    os.killpg(server.pid, 9)
