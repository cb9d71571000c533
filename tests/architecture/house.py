"""The house and its own source files."""

import ast
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
ROOMS = ("accounts", "api", "events", "operations", "outbox", "payments", "registrations", "scanning", "ticketing", "trail", "workspace")
# Higher uses lower. Payments and scanning do not see each other.
FLOOR = {
    "operations": 8,
    "api": 7,
    "workspace": 6,
    "payments": 5,
    "scanning": 5,
    "registrations": 4,
    "events": 3,
    "accounts": 2,
    "outbox": 1,
    "trail": 0,
}


def files(*folders: str, ending: str) -> list[str]:
    """Paths of the checkout's files, also new ones, without what is installed or made."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *folders], cwd=ROOT, capture_output=True, text=True
    )
    paths = listed.stdout.splitlines() or [str(path.relative_to(ROOT)) for name in folders for path in (ROOT / name).rglob("*")]
    return sorted(path for path in set(paths) if path.endswith(ending) and (ROOT / path).is_file())


def source(path: str) -> str:
    return (ROOT / path).read_text()


def own_python(*folders: str) -> dict[str, str]:
    """{path: source} of the product's modules; migrations are written by Django."""
    return {path: source(path) for path in files(*(folders or ROOMS), ending=".py") if "/migrations/" not in path}


def imported_modules(text: str) -> list[str]:
    """Every module a source imports, also inside functions, by full name."""
    found = []
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def findings(rule, sources: dict[str, str]) -> list[str]:
    """What `rule(path, source)` finds in all of them."""
    return [f"{path}: {finding}" for path, text in sources.items() for finding in rule(path, text)]
