"""Threads that do the same thing in the same moment, and worlds in which a guard is missing."""

import threading
from contextlib import contextmanager

from django.db import connection

from operations.audit import audit


def at_once(acts):
    """Run all of them together; what each returned or raised, in their order."""
    start, results = threading.Barrier(len(acts), timeout=30), [None] * len(acts)

    def run(number, act):
        start.wait()
        try:
            results[number] = act()
        except Exception as error:
            results[number] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=each) for each in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def violated():
    """What the audit finds wrong of all that is limited; money is not here, so its invariants are not asked."""
    return {
        finding.invariant.name: finding.violated
        for finding in audit()
        if finding.violated and finding.invariant.name in ("I1", "I5", "I6", "M4")
    }


@contextmanager
def without_constraint(model, name):
    """The database does not stand behind the code. Empties the table, and what refers to it, at the end."""
    constraint = next(each for each in model._meta.constraints if each.name == name)
    with connection.schema_editor() as editor:
        editor.remove_constraint(model, constraint)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f"TRUNCATE {model._meta.db_table} CASCADE")
        with connection.schema_editor() as editor:
            editor.add_constraint(model, constraint)
