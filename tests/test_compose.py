"""What docker-compose.yml promises, read from it: nothing but web is published, on
127.0.0.1, nothing has a password in it, and nothing runs with more rights than it needs."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
ALWAYS = ("secrets", "migrate", "web", "worker")
OURS = (*ALWAYS, "redis-worker")
SECRET_WORDS = ("PASSWORD", "KEY", "SECRET")


@pytest.mark.fault("W11")
def test_only_web_is_published_and_on_loopback():
    published = {name: s["ports"] for name, s in SERVICES.items() if "ports" in s}
    assert published == {"web": ["${AURA_BIND:-127.0.0.1}:${AURA_PORT:-8080}:8080"]}


@pytest.mark.fault("W11")
@pytest.mark.parametrize("name", SERVICES)
def test_no_secret_has_a_value_in_the_file(name):
    for variable, value in SERVICES[name].get("environment", {}).items():
        is_secret = any(word in variable for word in SECRET_WORDS)
        is_file = variable.endswith("_FILE")
        assert is_file or not is_secret or value == f"${{{variable}:-}}", variable


@pytest.mark.fault("W11")
@pytest.mark.parametrize("name", OURS)
def test_our_containers_have_no_more_rights_than_they_need(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert "no-new-privileges:true" in service["security_opt"]


@pytest.mark.fault("W11")
def test_the_image_runs_as_a_user_of_its_own():
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert "USER aura" in lines
    assert lines.index("USER aura") < max(
        number for number, line in enumerate(lines) if line.startswith("CMD")
    )


@pytest.mark.fault("W11")
@pytest.mark.parametrize("name", SERVICES)
def test_no_service_gets_more_of_the_machine(name):
    service = SERVICES[name]
    for right in ("privileged", "cap_add", "devices", "pid", "ipc", "userns_mode"):
        assert right not in service
    assert service.get("network_mode", "none") == "none"
    mounted = [volume.partition(":")[0] for volume in service["volumes"]]
    assert set(mounted) <= set(COMPOSE["volumes"]), "a folder of the machine's own"


@pytest.mark.fault("W11")
def test_no_address_and_no_command_has_a_password_in_it():
    text = (ROOT / "docker-compose.yml").read_text()
    assert re.findall(r"\w+://[^/\s:@]*:[^/\s@]+@", text) == []
    assert re.findall(r"(?i)(?:password|secret|token)=[\"']?[a-z0-9]", text) == []
    assert re.findall(r"sk-\w+|123456|changeme", text) == []


@pytest.mark.parametrize("name", OURS)
def test_no_container_of_ours_leaves_an_anonymous_volume(name):
    assert "VOLUME /data" in (ROOT / "Dockerfile").read_text().splitlines()
    service = SERVICES[name]
    assert "data:/data" in service["volumes"] or "/data" in service["tmpfs"]


def test_the_image_comes_compiled_since_its_file_system_is_read_only():
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert lines.index("RUN python -m compileall -q .") < lines.index("USER aura")


@pytest.mark.fault("W11")
def test_only_the_one_that_makes_the_secret_may_write_it():
    writers = [
        name for name, s in SERVICES.items() if "secrets:/run/aura" in s["volumes"]
    ]
    assert writers == ["secrets"]


@pytest.mark.parametrize(
    ("name", "awaited"),
    [
        ("db", "secrets"),
        ("migrate", "db"),
        ("web", "migrate"),
        ("worker", "migrate"),
        ("redis-worker", "migrate"),
        ("redis-worker", "redis"),
    ],
)
def test_each_waits_for_what_it_needs(name, awaited):
    condition = SERVICES[name]["depends_on"][awaited]["condition"]
    assert condition in ("service_healthy", "service_completed_successfully")


def test_every_service_outlives_a_restart_of_the_machine_or_runs_once():
    restarts = {name: service["restart"] for name, service in SERVICES.items()}
    once = {name for name, restart in restarts.items() if restart == "no"}
    assert once == {"secrets", "migrate"}
    assert set(restarts.values()) == {"no", "unless-stopped"}


def test_worker_is_the_same_image_and_environment_as_web_with_a_command_of_its_own():
    web, worker = SERVICES["web"], SERVICES["worker"]
    for name in ("image", "build", "environment", "volumes", "depends_on"):
        assert worker[name] == web[name], name
    assert worker["command"] == ["python", "manage.py", "run_tasks"]
    assert worker["healthcheck"] == {"disable": True}, "that of the image asks web"


def test_each_of_our_images_is_built_with_the_hosts_network_where_there_is_no_other():
    builds = yaml.safe_load((ROOT / "docker-compose.ci.yml").read_text())["services"]
    assert tuple(builds) == OURS


def test_ollama_and_redis_are_there_only_when_their_profile_is_asked_for():
    profiles = {n: s["profiles"] for n, s in SERVICES.items() if "profiles" in s}
    assert profiles == {
        "ollama": ["ollama"],
        "redis": ["redis"],
        "redis-worker": ["redis"],
    }
    assert not {*ALWAYS, "db"} & profiles.keys()


def test_a_worker_of_redis_differs_from_the_other_by_its_command_alone():
    worker, other = SERVICES["worker"], SERVICES["redis-worker"]
    for name in ("image", "build", "environment", "volumes", "healthcheck"):
        assert worker[name] == other[name], name
    assert other["command"] == ["python", "manage.py", "run_redis_tasks"]
    locks = "requirements-redis.lock"
    assert locks in (ROOT / "Dockerfile").read_text()
