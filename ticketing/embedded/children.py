"""Child processes that end with their parent, however it ends."""

import ctypes
import os
import signal
import subprocess
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _end_with_parent(parent: int, ending: int) -> Callable[[], None]:
    def prepare() -> None:
        os.setpgrp()  # Ctrl-C goes to the parent alone, which stops its children in order
        _tie(parent, ending)

    return prepare


def start(
    command: Sequence[str],
    *,
    log: Path,
    ending: int = signal.SIGTERM,
    user: int | None = None,
    group: int | None = None,
    cwd: str | Path = "/",
    env: dict[str, str] | None = None,
) -> subprocess.Popen[bytes]:
    """Start a child whose output goes to `log`; it gets the signal `ending` when this process dies."""
    as_user: dict[str, Any] = {} if user is None else {"user": user, "group": group, "extra_groups": []}
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        return subprocess.Popen(
            list(command),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env=env,
            preexec_fn=_end_with_parent(os.getpid(), ending),
            **as_user,
        )


def _tie(parent: int, ending: int) -> None:
    _libc.prctl(_PR_SET_PDEATHSIG, ending, 0, 0, 0)
    if os.getppid() != parent:  # the parent died before the line above
        os._exit(1)


def stop(process: subprocess.Popen[bytes] | None, *, ending: int = signal.SIGTERM, seconds: float = 10) -> None:
    """Ask a child to end, wait, and kill it if it does not. What it started and left behind ends with it."""
    if process is None or process.poll() is not None:
        return
    process.send_signal(ending)
    try:
        process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    with suppress(ProcessLookupError):  # a web server that was killed has workers still, in its group
        os.killpg(process.pid, signal.SIGKILL)
