"""Wrong or half-given settings stop the start with a sentence that says the mend."""

import os
import subprocess
import sys

import pytest

WHOLE = {
    "DATABASE_URL": "postgres://u:p@127.0.0.1:1/x",
    "REDIS_URL": "redis://127.0.0.1:1/0",
    "SECRET_KEY": "k" * 50,
    "SITE_URL": "https://tickets.example.com",
    "PAYMENT_GATEWAY": "practice",
    "ALLOW_PRACTICE_PAYMENTS": "1",
    "EMAIL_URL": "smtp://127.0.0.1:25",
}


def check(*words, **environment):
    env = {name: value for name, value in os.environ.items() if name not in WHOLE} | environment
    done = subprocess.run([sys.executable, "manage.py", "check", *words], env=env, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def test_whole_serious_settings_pass():
    assert check(**WHOLE)[0] == 0


@pytest.mark.parametrize(
    ("change", "mend"),
    [
        ({"REDIS_URL": ""}, "Set REDIS_URL"),
        ({"SECRET_KEY": "short"}, "at least 40 random characters"),
        ({"PAYMENT_GATEWAY": ""}, "Set PAYMENT_GATEWAY"),
        ({"ALLOW_PRACTICE_PAYMENTS": "0"}, "ALLOW_PRACTICE_PAYMENTS=1"),
        ({"S3_ENDPOINT_URL": "http://127.0.0.1:1"}, "Set S3_BUCKET"),
        ({"HOLD_MINUTES": "soon"}, "HOLD_MINUTES"),
    ],
)
def test_each_half_given_setting_says_its_mend(change, mend):
    code, said = check(**(WHOLE | change))
    assert code != 0
    assert mend in said


def test_deploy_asks_for_https_and_mail():
    said = check("--deploy", **(WHOLE | {"SITE_URL": "http://tickets.example.com", "EMAIL_URL": ""}))[1]
    assert "https address" in said
    assert "Set EMAIL_URL" in said
