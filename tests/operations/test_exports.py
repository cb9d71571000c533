"""/metrics read by Prometheus' own parser, CloudWatch's metrics and template, JSON logs."""

import json
import logging
import os
import socket
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.cache import cache
from django.utils import timezone
from prometheus_client.parser import text_string_to_metric_families

from operations import cloudwatch
from operations.meters import rollup
from operations.models import Drill
from operations.watch import defaults, measures
from tests import cast
from tests.operations.watch.traffic import forget, tell, watch, well
from ticketing.lib import clock
from ticketing.lib.log_lines import JsonLines

ROOT = Path(__file__).resolve().parent.parent.parent
TEMPLATE = ROOT / "deploy" / "cloudwatch.json"


@pytest.fixture(autouse=True)
def quiet(db):
    forget()
    cache.clear()
    yield
    forget()


def read(client, **headers):
    cache.delete("operations-metrics")
    answer = client.get("/metrics", headers=headers)
    assert answer.status_code == 200
    return {family.name: family for family in text_string_to_metric_families(answer.content.decode())}


def value(families, name, **labels):
    family = families[name]
    return sum(sample.value for sample in family.samples if labels.items() <= sample.labels.items())


def test_counters_are_sums_over_processes_before_and_after_the_roll_up(client):
    now = clock.now()
    for process in ("web:1", "web:2", "web:3"):
        tell(now=now, process=process, outcomes={"ok": 40, "failed": 1}, sql=7)
    labels = {"route": "events:event", "outcome": "ok"}
    assert value(read(client), "ticketing_requests", **labels) == 120
    assert value(read(client), "ticketing_sql_statements", route="events:event") == 21
    rollup.roll_up_minutes(now=now + timedelta(minutes=1))
    families = read(client)
    assert value(families, "ticketing_requests", **labels) == 120
    assert value(families, "ticketing_requests", route="events:event", outcome="failed") == 3
    assert value(families, "ticketing_path_duration_seconds", path="event", quantile="0.95") == pytest.approx(0.020, rel=0.02)


def test_measures_and_alarms_are_gauges(client):
    start = timezone.now().replace(second=0, microsecond=0)
    watch(start - timedelta(seconds=40), seconds=60)
    families = read(client)
    assert value(families, "ticketing_measure", measure="database.connections") > 0
    assert value(families, "ticketing_alarm", rule="error-rate", state="ok") == 1
    assert value(families, "ticketing_alarm", rule="drill-old", state="firing") == 0


def test_it_is_for_this_machine_for_a_token_and_for_staff(client, settings, alice):
    far = {"REMOTE_ADDR": "203.0.113.9"}
    assert client.get("/metrics", **far).status_code == 404
    assert client.get("/metrics", headers={"X-Forwarded-For": "203.0.113.9"}).status_code == 404
    settings.METRICS_TOKEN = "a-long-token"
    assert client.get("/metrics").status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer wrong"}, **far).status_code == 404
    assert client.get("/metrics", headers={"Authorization": "Bearer a-long-token"}, **far).status_code == 200
    client.force_login(alice)
    assert client.get("/metrics", **far).status_code == 404
    client.force_login(cast.person("Staff", is_staff=True))
    assert client.get("/metrics", **far).status_code == 200


def test_a_sample_is_told_in_the_embedded_metric_format():
    now = timezone.now()
    well(now)
    Drill.objects.create(finished_at=now, passed=True)
    told = json.loads(cloudwatch.embedded(measured=measures.take(now=now), now=now))
    directive = told["_aws"]["CloudWatchMetrics"][0]
    assert directive["Namespace"] == "Ticketing" and told["_aws"]["Timestamp"] == int(now.timestamp() * 1000)
    assert all(isinstance(told[metric["Name"]], int | float) for metric in directive["Metrics"])
    assert len(directive["Metrics"]) <= 100 and "certificate.days_left" not in told  # missing is left out


def test_every_alarm_of_the_template_has_its_metric():
    now = timezone.now()
    well(now)
    taken = measures.take(now=now)
    assert [row[2] for row in defaults.RULES if row[2] not in taken] == []


def test_the_template_is_what_the_rules_say():
    assert json.loads(TEMPLATE.read_text()) == cloudwatch.template()


def test_cfn_lint_finds_nothing():
    linter = Path(sys.executable).parent / "cfn-lint"
    done = subprocess.run([linter, str(TEMPLATE)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_control_cfn_lint_finds_a_planted_fault(tmp_path):
    planted = cloudwatch.template()
    planted["Resources"]["AlarmErrorRate"]["Properties"]["ComparisonOperator"] = "Above"
    (tmp_path / "x.json").write_text(json.dumps(planted))
    assert subprocess.run([Path(sys.executable).parent / "cfn-lint", str(tmp_path / "x.json")], capture_output=True).returncode != 0


@pytest.fixture
def aws(monkeypatch):
    """A local server that speaks AWS."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    server = subprocess.Popen(
        [Path(sys.executable).parent / "moto_server", "-H", "127.0.0.1", "-p", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONWARNINGS": "ignore"},
    )
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            break
        except OSError:
            time.sleep(0.1)
    import boto3

    yield lambda name: boto3.client(name, endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1")
    server.terminate()
    server.wait()


def test_the_template_deploys_and_its_parts_read_back(aws):
    """The local server makes the stack, but builds no alarms from templates: each alarm is put with exactly the
    template's properties instead, checked by AWS' own client, and read back."""
    parameters = [{"ParameterKey": "AlarmEmail", "ParameterValue": "ops@example.com"}]
    aws("cloudformation").create_stack(StackName="watch", TemplateBody=TEMPLATE.read_text(), Parameters=parameters)
    assert aws("cloudformation").describe_stacks(StackName="watch")["Stacks"][0]["StackStatus"] == "CREATE_COMPLETE"
    (topic,) = [each["TopicArn"] for each in aws("sns").list_topics()["Topics"]]
    resources = json.loads(TEMPLATE.read_text())["Resources"]
    for made in resources.values():
        if made["Type"] == "AWS::CloudWatch::Alarm":
            aws("cloudwatch").put_metric_alarm(**made["Properties"] | {"AlarmActions": [topic], "OKActions": [topic]})
    body = resources["Dashboard"]["Properties"]["DashboardBody"]["Fn::Sub"].replace("${AWS::Region}", "us-east-1")
    assert not aws("cloudwatch").put_dashboard(DashboardName="Ticketing", DashboardBody=body).get("DashboardValidationMessages")
    there = {alarm["AlarmName"]: alarm for alarm in aws("cloudwatch").describe_alarms(MaxRecords=100)["MetricAlarms"]}
    assert there.keys() == {f"Ticketing-{row[0]}" for row in defaults.RULES}
    rate = there["Ticketing-error-rate"]
    assert (rate["Threshold"], rate["MetricName"], rate["ComparisonOperator"]) == (0.01, "page.error_share", "GreaterThanThreshold")
    assert (there["Ticketing-database-capacity"]["Threshold"], there["Ticketing-storage-4xx"]["Threshold"]) == (0.8, 0.05)
    board = json.loads(aws("cloudwatch").get_dashboard(DashboardName="Ticketing")["DashboardBody"])
    assert len(board["widgets"]) == 8


def test_a_log_record_is_one_json_object_a_line():
    record = logging.LogRecord("ticketing.x", logging.WARNING, "x.py", 1, "Order %s\nnot stored", ("7QF2",), None)
    record.trace_id = "abc"
    line = JsonLines().format(record)
    told = json.loads(line)
    assert "\n" not in line
    assert (told["message"], told["level"], told["trace_id"]) == ("Order 7QF2\nnot stored", "warning", "abc")
