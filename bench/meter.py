"""CPU time and memory of process trees, from /proc. Linux only."""

import hashlib
import os
import time
from collections.abc import Iterable
from dataclasses import dataclass

_TICK = os.sysconf("SC_CLK_TCK")


def tree(roots: Iterable[int]) -> set[int]:
    """The processes and all their descendants."""
    children: dict[int, list[int]] = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat") as file:
                    parent = int(file.read().rsplit(")", 1)[1].split()[1])
            except (OSError, ValueError):
                continue
            children.setdefault(parent, []).append(int(name))
    found: set[int] = set()
    waiting = list(roots)
    while waiting:
        pid = waiting.pop()
        if pid not in found:
            found.add(pid)
            waiting += children.get(pid, [])
    return found


def cpu_seconds(roots: Iterable[int]) -> float:
    """User and system time so far, of living processes and of children they have waited for."""
    ticks = 0
    for pid in tree(roots):
        try:
            with open(f"/proc/{pid}/stat") as file:
                fields = file.read().rsplit(")", 1)[1].split()
        except OSError:
            continue
        ticks += sum(int(fields[index]) for index in (11, 12, 13, 14))
    return ticks / _TICK


def memory_mb(roots: Iterable[int]) -> float:
    """Proportional set size: shared pages are counted once over all who share them."""
    total = 0
    for pid in tree(roots):
        try:
            with open(f"/proc/{pid}/smaps_rollup") as file:
                total += next(int(line.split()[1]) for line in file if line.startswith("Pss:"))
        except (OSError, StopIteration):
            continue
    return total / 1024


@dataclass
class Spent:
    cpu: float = 0.0
    seconds: float = 0.0


class Watch:
    """with Watch(roots) as spent: … ; spent.cpu is what the tree used meanwhile."""

    def __init__(self, roots: Iterable[int]) -> None:
        self.roots = list(roots)
        self.spent = Spent()

    def __enter__(self) -> Spent:
        self.spent.cpu, self.spent.seconds = -cpu_seconds(self.roots), -time.monotonic()
        return self.spent

    def __exit__(self, *_: object) -> None:
        self.spent.cpu += cpu_seconds(self.roots)
        self.spent.seconds += time.monotonic()


def reference() -> float:
    """CPU milliseconds of a fixed piece of Python and hashing: how fast this machine is just now."""
    began = time.process_time()
    for number in range(1000):
        words = {str(n): n * number for n in range(500)}
        hashlib.sha256(",".join(sorted(words)).encode()).digest()
    return (time.process_time() - began) * 1000
