import pytest

from tests.faults.stage import Stage
from tests.races.rivals import Rivals

RIVALS = 4


@pytest.fixture(scope="module")
def stage():
    with Stage(worker=False, capacity=100) as stage:
        yield stage


@pytest.fixture(scope="module")
def rivals(stage):
    with Rivals(stage, RIVALS) as rivals:
        yield rivals
