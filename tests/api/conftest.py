"""A program with a token."""

import json

import pytest

from api import tokens
from api.models import Scope
from ticketing.lib import clock


class Program:
    """Calls /api/v1/… with a token and reads JSON."""

    def __init__(self, client, secret=""):
        self.client, self.secret = client, secret

    def call(self, method, path, sent=None, *, key=None, **headers):
        if self.secret:
            headers["Authorization"] = f"Bearer {self.secret}"
        if key:
            headers["Idempotency-Key"] = key
        body = {"data": json.dumps(sent), "content_type": "application/json"} if sent is not None else {}
        reply = self.client.generic(method, f"/api/v1/{path}", headers=headers, **body)
        reply.said = json.loads(reply.content) if reply.content else None
        return reply

    def get(self, path, **headers):
        return self.call("GET", path, **headers)

    def post(self, path, sent=None, **options):
        return self.call("POST", path, sent, **options)


def secret_of(organiser, *scopes):
    """A token's secret; with every scope when none is named."""
    return tokens.make(organiser=organiser, name="Till", scopes=scopes or Scope.values, by=None, now=clock.now())[1]


@pytest.fixture
def program(client, hall):
    """May do everything at Alice's."""
    return Program(client, secret_of(hall))


@pytest.fixture
def visitor(client):
    return Program(client)
