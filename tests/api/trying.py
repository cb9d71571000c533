"""Schemathesis against a server: `python -m tests.api.trying PORT EXAMPLES TOKEN` by hand."""

import json
import subprocess
import sys
from pathlib import Path

# 422 also says what a schema can't: that an event ends before it starts, that a type is another event's.
CONFIG = """
[generation]
allow-x00 = false
[checks.positive_data_acceptance]
expected-statuses = ["2xx", "401", "403", "404", "409", "422", "503"]
{dictionaries}
[parameters]
{parameters}
"""


def run(url, secret, *, known, folder, examples, seed=None, seconds=None, report=None):
    """`known`: {path parameter: values that are there}, tried in four of five calls. `seed`: the same calls each time."""
    dictionaries = "\n".join(f"[dictionaries.{name}]\nvalues = {json.dumps(values)}" for name, values in known.items())
    parameters = "\n".join(f'"path.{name}" = {{ dictionary = "{name}", probability = 0.8 }}' for name in known)
    config = Path(folder) / "schemathesis.toml"
    config.write_text(CONFIG.format(dictionaries=dictionaries, parameters=parameters))
    command = [str(Path(sys.executable).parent / "schemathesis"), "--config-file", str(config), "run", f"{url}/api/v1/openapi.json"]
    command += ["--header", f"Authorization: Bearer {secret}", "--max-examples", str(examples), "--continue-on-failure"]
    command += ["--phases", "examples,coverage,fuzzing", "--request-timeout", "30", "--generation-database", "none", "--warnings", "off"]
    command += ["--seed", str(seed)] if seed is not None else []
    return subprocess.run(command, cwd=folder, capture_output=report is None, text=True, timeout=seconds and seconds * 4, check=False)


def main():
    port, examples, secret, *known = sys.argv[1:]
    given = dict(each.split("=") for each in known)
    values = {name: [int(value) if value.isdigit() else value] for name, value in given.items()}
    sys.exit(run(f"http://127.0.0.1:{port}", secret, known=values, folder="/var/tmp", examples=int(examples), report=sys.stdout).returncode)


if __name__ == "__main__":
    main()
