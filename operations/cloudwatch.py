"""The watch for CloudWatch: measures as embedded metrics in the log, alarms and dashboard as a template.

Both come from the same rules as the built-in alarms, so the two say the same.
"""

import json
import re
from datetime import datetime
from typing import Any

from operations.models import Missing, Rule
from operations.watch.defaults import RULES
from operations.watch.paths import HOT_PATHS

NAMESPACE = "Ticketing"
PERIOD = 60
TREAT = {Missing.MISSING: "missing", Missing.FIRING: "breaching", Missing.OK: "notBreaching", Missing.KEEP: "ignore"}
UNITS = {"_s": "Seconds", "_ms": "Milliseconds", "_share": "None", ".rate": "Count/Second"}
Measures = dict[str, tuple[float | None, int]]


def embedded(*, measured: Measures, now: datetime) -> str:
    """One line in the embedded metric format: CloudWatch Logs makes metrics of it.

    A measure that is missing is left out. One that rests on too few samples for its rule is told as the rule's
    clearing threshold, since CloudWatch knows no least number of samples."""
    told = {name: _told(name, value, samples) for name, (value, samples) in measured.items() if value is not None and "mark." not in name}
    metrics = [{"Name": name, "Unit": _unit(name)} for name in told]
    directives = [{"Namespace": NAMESPACE, "Dimensions": [[]], "Metrics": metrics[at : at + 100]} for at in range(0, len(metrics), 100)]
    return json.dumps({"_aws": {"Timestamp": int(now.timestamp() * 1000), "CloudWatchMetrics": directives}, **told})


_LEAST = {row[2]: (row[6].get("minimum_samples", 1), row[4]) for row in RULES}


def _told(name: str, value: float, samples: int) -> float:
    least, clears = _LEAST.get(name, (0, 0.0))
    return value if samples >= least else clears


def _unit(name: str) -> str:
    return next((unit for ending, unit in UNITS.items() if name.endswith(ending)), "None")


def template() -> dict[str, Any]:
    """The CloudFormation template: a topic, an alarm for each default rule, a dashboard."""
    rules = [
        Rule(name=row[0], title=row[1], measure=row[2], threshold=row[3], clear_threshold=row[4], unit=row[5], **row[6]) for row in RULES
    ]
    alarms = {_logical(rule.name): _alarm(rule) for rule in rules}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "Alarms and dashboard of the ticketing system, made by manage.py cloudwatch from its own rules.",
        "Parameters": {"AlarmEmail": {"Type": "String", "Description": "Who gets mail of alarms."}},
        "Resources": {
            "AlarmTopic": {
                "Type": "AWS::SNS::Topic",
                "Properties": {"Subscription": [{"Protocol": "email", "Endpoint": {"Ref": "AlarmEmail"}}]},
            },
            **alarms,
            "Dashboard": {
                "Type": "AWS::CloudWatch::Dashboard",
                "Properties": {"DashboardName": NAMESPACE, "DashboardBody": {"Fn::Sub": json.dumps(_dashboard())}},
            },
        },
    }


def _logical(name: str) -> str:
    return "Alarm" + "".join(part.title() for part in re.split(r"\W+", name))


def _alarm(rule: Rule) -> dict[str, Any]:
    return {
        "Type": "AWS::CloudWatch::Alarm",
        "Properties": {
            "AlarmName": f"{NAMESPACE}-{rule.name}",
            "AlarmDescription": f"{rule.title}. See docs/runbook.md, {rule.name}.",
            "Namespace": NAMESPACE,
            "MetricName": rule.measure,
            "Statistic": "Maximum" if rule.above else "Minimum",
            "Period": PERIOD,
            "EvaluationPeriods": 2,
            "DatapointsToAlarm": 1,
            "Threshold": rule.threshold,
            "ComparisonOperator": "GreaterThanThreshold" if rule.above else "LessThanThreshold",
            "TreatMissingData": TREAT[Missing(rule.missing)],
            "AlarmActions": [{"Ref": "AlarmTopic"}],
            "OKActions": [{"Ref": "AlarmTopic"}],
        },
    }


def _dashboard() -> dict[str, Any]:
    rows = [
        ("Requests a second", [f"{path.name}.rate" for path in HOT_PATHS]),
        ("Share of faults", [f"{path.name}.error_share" for path in HOT_PATHS]),
        ("p95, ms", [f"{path.name}.p95_ms" for path in HOT_PATHS]),
        ("Database connections, share", ["database.capacity_share"]),
        ("Tasks waiting", ["queue.now", "queue.soon", "queue.whenever"]),
        ("Oldest undone, seconds", ["notice.oldest_s", "mail.oldest_s", "ticket.oldest_unmade_s", "hold.oldest_leaked_s"]),
        ("File store, shares", ["storage.refused_share", "storage.failed_share"]),
        ("Error budget burn", ["objective.burn_fast", "objective.burn_slow"]),
    ]
    return {
        "widgets": [
            {
                "type": "metric",
                "x": number % 2 * 12,
                "y": number // 2 * 6,
                "width": 12,
                "height": 6,
                "properties": {
                    "title": title,
                    "region": "${AWS::Region}",
                    "stat": "Maximum",
                    "period": PERIOD,
                    "metrics": [[NAMESPACE, name] for name in names],
                },
            }
            for number, (title, names) in enumerate(rows)
        ]
    }
