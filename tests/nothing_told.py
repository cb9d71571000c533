"""After each test of the whole suite: nothing of a person is in a span that was kept or a line that was logged.

A pytest plugin. What a test writes down on purpose, to see that it is found, has "control" in its name.
"""

import logging
import re

import pytest

from ticketing.lib import log_lines, traces

# The cast's addresses, who buys, and a ticket's code: whatever of them is told comes from a row or a form.
OF_A_PERSON = re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+|\bDana\b|\b[0-9A-Z]{100,}\b")


class Lines(logging.Handler):
    """What the product would write, kept until the test is over."""

    def __init__(self):
        super().__init__(logging.WARNING)
        self.addFilter(log_lines.Redacted())
        self.setFormatter(log_lines.JsonLines())
        self.texts = []

    def emit(self, record):
        self.texts.append(self.format(record))


lines = Lines()


def found(texts):
    return sorted({match for text in texts for match in OF_A_PERSON.findall(text)})


def pytest_configure(config):
    logging.getLogger().addHandler(lines)


@pytest.fixture(autouse=True)
def nothing_of_a_person_is_told(request):
    lines.texts.clear()
    yield
    texts = [*traces.due(), *lines.texts]
    traces.forget()
    lines.texts.clear()
    if "control" not in request.node.name:
        assert found(texts) == [], f"told in a span or a log line: {found(texts)}"
