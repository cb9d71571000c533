"""No signals: what happens after a change stands in the verb that makes the change."""

import ast

import pytest

from tests.architecture.house import findings, imported_modules, own_python


def signals_used(path: str, text: str) -> list[str]:
    """Imports of a signal or of what connects one, and receivers connected by other ways."""
    found = [name for name in imported_modules(text) if "signals" in name.split(".") or name.startswith("django.dispatch")]
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Attribute) and node.attr == "signals":
            found.append(f"line {node.lineno}: .signals")
        if isinstance(node, ast.Call) and called(node) == "connect" and named(node.func.value).startswith(("pre_", "post_", "m2m_")):
            found.append(f"line {node.lineno}: connect")
    return found


def called(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


def named(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def test_the_product_uses_no_signals():
    assert findings(signals_used, own_python()) == []


@pytest.mark.parametrize(
    "planted",
    [
        "from django.dispatch import receiver",
        "from django.db.models.signals import post_save",
        "def ready():\n    from django.contrib.auth import signals",
        "from celery.signals import worker_ready",
        "import django.dispatch",
        "from django.db import models\nmodels.signals.pre_save.connect(print)",
        "from allauth.account.signals import user_signed_up",
        "post_migrate.connect(print)",
    ],
)
def test_a_planted_signal_is_found(planted):
    assert signals_used("events/planted.py", planted)


def test_a_process_signal_and_a_database_connection_are_none():
    assert signals_used("x.py", "import signal, psycopg\nsignal.signal(signal.SIGTERM, print)\npsycopg.connect(host='x')") == []
