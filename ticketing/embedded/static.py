"""Static files, collected and compressed once for each change of them."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent


def collect(*, var: Path) -> Path:
    """Collect into var/static when a file, a package or a setting has changed since the last time: it takes
    longer than all the rest of a start. Returns the folder."""
    collected = var / "static" / ".collected"
    state = _state()
    if not collected.exists() or collected.read_text() != state:
        command = [sys.executable, str(ROOT / "manage.py"), "collectstatic", "--noinput", "--verbosity", "0"]
        done = subprocess.run(command, cwd=ROOT, env=os.environ | {"VAR_DIR": str(var)}, check=False)
        if done.returncode != 0:
            raise SystemExit(done.returncode)
        collected.write_text(state)
    return var / "static"


def _state() -> str:
    import django

    packages = Path(django.__file__).parent.parent
    folders = (ROOT / "static", ROOT / "node_modules" / ".served")
    sources = [ROOT / "ticketing" / "settings.py", *sorted(path for folder in folders for path in folder.rglob("*.*"))]
    state = hashlib.sha256(f"{packages} {packages.stat().st_mtime_ns} {os.environ.get('DEBUG')}".encode())
    for path in sources:
        state.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return state.hexdigest()
