"""Lint the chart and print what Helm renders, as JSON: `render.py CHART VALUES`, where VALUES is JSON."""

import json
import sys

import helm_python

chart, values = sys.argv[1], json.loads(sys.argv[2])
report = helm_python.lint(chart, values, strict=True)
problems = [*report["errors"], *(each["error"] for each in report["messages"] if each["severity"] > 1)]
try:
    with helm_python.Chart.load(chart) as loaded:
        loaded.validate_schema(values)
        rendered = loaded.render(values, name="sample", namespace="market")
except helm_python.HelmError as error:
    problems, rendered = [*problems, str(error)], {}
json.dump({"problems": problems, "rendered": rendered}, sys.stdout)
