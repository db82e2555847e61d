"""The Helm chart: Helm lints and renders it, Kubernetes' schemas accept the result, and its settings exist."""

from __future__ import annotations

import json
import re
import subprocess
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from commands.__main__ import MODULES
from settings import Settings, variable

ROOT: Final = Path(__file__).parents[2]
CHART: Final = ROOT / "deploy" / "helm" / "crossgate"
TOOLS: Final = ROOT / ".venv" / "deploy-tools" / "bin"
KUBERNETES: Final = "1.31.0"
EVERYTHING: Final = json.dumps(
    {
        "image": {"tag": "1.2.3", "pullSecrets": [{"name": "registry"}]},
        "settings": {"CROSSGATE_PUBLIC_URL": "https://a.example", "CROSSGATE_MAX_SOCKETS": 100, "CROSSGATE_PLANNER": True},
        "ingress": {"enabled": True, "className": "nginx", "tlsSecretName": "tls", "annotations": {"a": "b"}},
        "metrics": {"podMonitor": True},
        "networkPolicy": {"clients": [{"podSelector": {}}]},
        "podAnnotations": {"a": "b"},
        "nodeSelector": {"a": "b"},
        "tolerations": [{"key": "a", "operator": "Exists"}],
    }
)
LEAST: Final = json.dumps(
    {
        "gateway": {"replicas": 1},
        "worker": {"replicas": 0},
        "migration": {"enabled": False},
        "networkPolicy": {"enabled": False},
    }
)
CUSTOM: Final = {"PodMonitor"}  # of the Prometheus operator: not in Kubernetes' schemas


@lru_cache
def helm(values: str = "{}") -> dict[str, Any]:
    """Return the problems that Helm finds with the chart, and what it renders."""
    command: list[str | Path] = [TOOLS / "python", "tests/deploy/tools/render.py", CHART, values]
    done = subprocess.run(command, check=True, cwd=ROOT, capture_output=True, text=True)
    result: dict[str, Any] = json.loads(done.stdout)
    return result


def objects(values: str = "{}") -> dict[tuple[str, str], Any]:
    """Return the rendered objects by kind and name."""
    texts = [text for path, text in helm(values)["rendered"].items() if path.endswith(".yaml")]
    found = [each for text in texts for each in yaml.safe_load_all(text) if each]
    return {(each["kind"], each["metadata"]["name"]): each for each in found}


def pods(values: str = "{}") -> dict[str, Any]:
    """Return the specification of each pod by its component."""
    return {
        each["metadata"]["labels"]["app.kubernetes.io/component"]: each["spec"]["template"]["spec"]
        for each in objects(values).values()
        if "template" in each["spec"]
    }


@pytest.mark.parametrize("values", ["{}", EVERYTHING, LEAST], ids=["default", "everything", "least"])
def test_helm_accepts_the_chart(values: str) -> None:
    """Strict linting finds nothing, and the values match their schema."""
    assert [] == helm(values)["problems"]


@pytest.mark.parametrize("values", ["{}", EVERYTHING, LEAST], ids=["default", "everything", "least"])
def test_kubernetes_accepts_what_is_rendered(values: str, tmp_path: Path) -> None:
    """Each object is valid by Kubernetes' own schema, without unknown fields."""
    path = tmp_path / "rendered.yaml"
    path.write_text(yaml.safe_dump_all([each for (kind, _), each in objects(values).items() if kind not in CUSTOM]))
    command: list[str | Path] = [TOOLS / "kubernetes-validate", "--strict", "--kubernetes-version", KUBERNETES, path]
    done = subprocess.run(command, check=False, capture_output=True, text=True)

    assert 0 == done.returncode, done.stdout + done.stderr


def test_everything_is_rendered() -> None:
    """The default has a gateway, a worker, a migration, a service, a disruption budget and a network policy."""
    kinds = sorted(kind for kind, _ in objects())

    assert ["Deployment", "Deployment", "Job", "NetworkPolicy", "PodDisruptionBudget", "Service"] == kinds
    assert {"Ingress", "PodMonitor"} == {kind for kind, _ in objects(EVERYTHING)} - set(kinds)
    assert ["Deployment", "Service"] == sorted(kind for kind, _ in objects(LEAST))


@pytest.mark.parametrize("component", ["gateway", "worker", "migration"])
def test_pods_are_confined(component: str) -> None:
    """No container is root, escalates, has a capability or a token, writes to its file system, or has no memory limit."""
    pod = pods()[component]
    containers = [*pod.get("initContainers", ()), *pod["containers"]]

    assert (True, 10001, False) == (
        pod["securityContext"]["runAsNonRoot"],
        pod["securityContext"]["runAsUser"],
        pod["automountServiceAccountToken"],
    )
    assert all(
        each["securityContext"]
        == {"allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]}}
        for each in containers
    )
    assert all("memory" in each["resources"]["limits"] for each in containers)


@pytest.mark.parametrize("component", ["gateway", "worker", "migration"])
def test_pods_run_commands_and_settings_that_exist(component: str) -> None:
    """Arguments are subcommands, variables are settings or OpenTelemetry's, and mounts are volumes of the pod."""
    pod = pods(EVERYTHING)[component]
    [container] = pod["containers"]
    names = [each["name"] for each in container["env"]]

    assert container["args"][0] in MODULES
    assert [] == sorted(set(names) - {variable(field) for field in Settings.model_fields})
    assert len(names) == len(set(names))
    assert {each["name"] for each in container["volumeMounts"]} <= {each["name"] for each in pod["volumes"]}


def test_gateway_has_probes_on_routes_that_exist() -> None:
    """Liveness asks /livez and readiness /readyz; the worker's liveness asks its metrics."""
    [gateway], [worker] = pods()["gateway"]["containers"], pods()["worker"]["containers"]
    ports = {each["name"]: each["containerPort"] for each in gateway["ports"]}

    assert {"http": 8000, "metrics": 9464} == ports
    assert ("/livez", "/readyz", "/livez") == tuple(
        gateway[probe]["httpGet"]["path"] for probe in ("livenessProbe", "readinessProbe", "startupProbe")
    )
    assert ("/metrics", "metrics") == tuple(worker["livenessProbe"]["httpGet"].values())


def test_stopping_has_time() -> None:
    """A pod gets longer than the gateway's own time to finish its requests, with the wait before it."""
    assert pods()["gateway"]["terminationGracePeriodSeconds"] >= Settings.model_fields["shutdown_timeout"].default + 5


def test_migration_runs_before_the_gateway() -> None:
    """The migration is a hook before installations and upgrades, so that no gateway starts on older tables."""
    job = objects()[("Job", "sample-crossgate-migration")]

    assert "pre-install,pre-upgrade" == job["metadata"]["annotations"]["helm.sh/hook"]
    assert ["database", "upgrade"] == job["spec"]["template"]["spec"]["containers"][0]["args"]


def test_network_is_closed_but_for_what_is_needed() -> None:
    """Only monitoring reads metrics, and pods reach only names, the database, mail, HTTPS and what you list."""
    spec = objects()[("NetworkPolicy", "sample-crossgate")]["spec"]
    ingress = {rule["ports"][0]["port"]: rule.get("from") for rule in spec["ingress"]}
    egress = {port["port"] for rule in spec["egress"] for port in rule["ports"]}

    assert ["Ingress", "Egress"] == spec["policyTypes"]
    assert {8000, 9464} == ingress.keys()
    assert [{"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "monitoring"}}}] == ingress[9464]
    assert {53, 443, 5432, 25, 465, 587, 4318} == egress


def test_disruption_budget_keeps_a_gateway() -> None:
    """While a node is drained, a gateway stays; with one replica there's no budget, because it could never be drained."""
    budget = objects()[("PodDisruptionBudget", "sample-crossgate-gateway")]["spec"]
    selected = objects()[("Deployment", "sample-crossgate-gateway")]["spec"]["selector"]

    assert (1, selected) == (budget["minAvailable"], budget["selector"])
    assert "PodDisruptionBudget" not in {kind for kind, _ in objects(LEAST)}


@pytest.mark.parametrize(
    "values",
    [
        {"gateway": {"replicas": 0}},
        {"settings": {"CROSSGATE_PUBLIC_URL": "https://a.example", "CROSSGATE_DEVELOPMENT": True}},
        {"settings": {"CROSSGATE_PUBLIC_URL": "https://a.example", "CROSSGATE_SMTP_URL": "smtp://a"}},
        {"settings": {"CROSSGATE_PUBLIC_URL": "https://a.example", "CROSSGATE_PORT": 80}},
        {"settings": {"CROSSGATE_PUBLIC_URL": "https://a.example", "PATH": "/"}},
        {"setings": {}},
    ],
)
def test_wrong_values_are_refused(values: dict[str, Any]) -> None:
    """Misspelled values, secrets among settings, and settings that the chart itself sets don't get through."""
    assert helm(json.dumps(values))["problems"]


def test_image_version_is_the_projects() -> None:
    """The chart installs the image of the project's version unless told otherwise."""
    [version] = re.findall(r'^version = "(.+)"$', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)

    assert version == yaml.safe_load((CHART / "Chart.yaml").read_text("utf-8"))["appVersion"]
    assert f"crossgate:{version}" == pods()["gateway"]["containers"][0]["image"]
    assert "crossgate:1.2.3" == pods(EVERYTHING)["gateway"]["containers"][0]["image"]
