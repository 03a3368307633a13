"""prefect.yaml, docker-compose.yml and the Dockerfile name only what is there."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import AliasChoices
from typer.main import get_command

from alvorada.cli.env_file import write_env_file
from alvorada.cli.main import app
from alvorada.prefect_objects.deployments import PRIORITIES, QUEUES
from alvorada.stack.prefect_yaml import WORK_POOL, deployment_names
from blocks.settings import PREFIX, Settings
from desk.errors import BadInput

ROOT = Path(__file__).resolve().parents[2]


def load(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def test_every_deployment_has_its_flow_its_queue_and_the_zone_of_its_schedule() -> None:
    deployments = {entry["name"]: entry for entry in load("prefect.yaml")["deployments"]}
    assert {f"{name}/{name}" for name in deployments} == set(deployment_names())
    for name, entry in deployments.items():
        path, function = entry["entrypoint"].split(":")
        source = (ROOT / path).read_text(encoding="utf-8")
        assert re.search(rf"^(async )?def {function}\(", source, re.MULTILINE), entry["entrypoint"]
        assert "sources" in source
        assert entry["work_pool"]["name"] == WORK_POOL
        assert QUEUES[entry["work_pool"]["work_queue_name"]] == 1
        assert name in entry["tags"]
    schedules = deployments["daily"]["schedules"]
    assert [(entry["cron"], entry["timezone"]) for entry in schedules] == [("0 6 * * *", "America/Sao_Paulo")]
    assert deployments["backfill"]["schedules"] == []
    assert [entry["cron"] for entry in deployments["verify"]["schedules"]] == ["0 9 * * 6"], "no decision waits"
    assert [entry["cron"] for entry in deployments["alerts"]["schedules"]] == ["*/5 * * * *"]
    assert [entry["cron"] for entry in deployments["sender"]["schedules"]] == ["2-57/5 * * * *"]


def test_the_daily_run_goes_before_a_backfill() -> None:
    assert set(PRIORITIES) == set(QUEUES)
    assert PRIORITIES["daily"] < PRIORITIES["backfill"]


def test_prefects_version_is_the_locks() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    assert f"\nprefect=={load('prefect.yaml')['prefect-version']} \\\n" in lock


def test_the_image_installs_as_the_bootstrap_does() -> None:
    """uv in the lock's version, and nothing without a hash of the lock."""
    texts = [(ROOT / name).read_text() for name in ("bootstrap", "Dockerfile")]
    for text in texts:
        assert re.findall(r"uv==\d", text) == []
        assert r"sed -n '/^uv==/,/[^\\]$/p' requirements.lock" in text
        installs = [line for line in re.split(r"(?<!\\)\n", text) if re.search(r"^RUN.* pip install|pip sync ", line)]
        assert installs
        assert all(re.search(r"--require(-build)?-hashes", line) for line in installs), installs


def test_the_image_says_of_which_commit_it_is() -> None:
    """The argument of compose, that of the Dockerfile, and the file that tasks.run.run_context.revision reads."""
    assert COMPOSE["x-app"]["build"]["args"] == ["REVISION"]
    dockerfile = (ROOT / "Dockerfile").read_text()
    last = dockerfile[dockerfile.rindex("\nFROM ") :]
    assert re.findall(r"^ARG REVISION=(.*)$|>(REVISION)$", last, re.MULTILINE) == [("unknown", ""), ("", "REVISION")]
    assert last.index("WORKDIR /app") < last.index(">REVISION") < last.index("USER alvorada")
    assert "REVISION" in (ROOT / ".gitignore").read_text().split()


COMPOSE = load("docker-compose.yml")
SERVICES = COMPOSE["services"]
PROFILES = {
    "monitoring": {"grafana"},
    "lake": {"lake", "lake-folder"},
    "sandbox": {"sandbox", "mail", "demo"},
    "watchdog": {"watchdog"},
}
EVER = {"database", "prefect", "migrate", "worker", "catch-up", "api", "backup", "tidy", "proxy", "proxy-folder"}
RUN_ONCE = {"lake-folder", "proxy-folder", "demo", "migrate"}
OURS = ["migrate", "worker", "catch-up", "api", "backup", "tidy", "watchdog", "demo"]


def variables(text: str) -> set[str]:
    return set(re.findall(r"\$\{(\w+)", text))


def test_compose_mounts_what_exists_and_volumes_that_it_declares() -> None:
    used = set()
    for name, service in SERVICES.items():
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            if source.startswith("./"):
                assert (ROOT / source).exists(), f"{name}: {mount}"
                assert mount.endswith(":ro"), f"{name} may write to {source}"
            else:
                used.add(source)
        for other, waits in service.get("depends_on", {}).items():
            assert waits["condition"] == (
                "service_healthy" if "healthcheck" in SERVICES[other] else "service_completed_successfully"
            ), f"{name} waits for {other}"
    assert used == set(COMPOSE["volumes"])


def test_compose_has_these_services_in_these_profiles() -> None:
    assert set(SERVICES) == EVER.union(*PROFILES.values())
    for profile, names in PROFILES.items():
        assert {name for name, service in SERVICES.items() if profile in service.get("profiles", [])} == names
    for name, service in SERVICES.items():
        for other in service.get("depends_on", {}):
            assert set(SERVICES[other].get("profiles", [])) <= set(service.get("profiles", [])), f"{name}: {other}"


@pytest.mark.parametrize("name", sorted(set(SERVICES) - RUN_ONCE))
def test_every_service_that_stays_is_watched_and_has_its_limit(name: str) -> None:
    assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
    assert SERVICES[name]["mem_limit"]


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_image_is_pinned(name: str) -> None:
    _, _, tag = SERVICES[name]["image"].partition(":")
    if "build" in SERVICES[name]:
        assert tag == "local"  # made here, of any commit; the version stands in pyproject.toml alone
    else:
        assert re.search(r"\d", tag), SERVICES[name]["image"]


def test_no_long_running_service_runs_as_root() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert dockerfile.index("USER alvorada") < dockerfile.index("ENTRYPOINT")
    own_user = {"grafana"}  # its image runs as 472
    for name in set(SERVICES) - RUN_ONCE - own_user:
        assert "build" in SERVICES[name] or SERVICES[name]["user"] not in ("root", "0"), name


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_no_service_may_change_its_root_or_gain_a_capability(name: str) -> None:
    service = SERVICES[name]
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert any(place.startswith("/tmp") for place in service["tmpfs"])
    folder = ["CHOWN", "DAC_OVERRIDE", "FOWNER"]
    more = {"lake-folder": folder, "proxy-folder": folder, "proxy": ["NET_BIND_SERVICE"]}
    assert service.get("cap_add", []) == more.get(name, [])


def test_the_service_writes_rows_and_the_schema_is_its_owners() -> None:
    owner = {name for name in OURS if "://alvorada:" in SERVICES[name]["environment"]["DATABASE_URL"]}
    assert owner == {"migrate", "backup", "demo"}
    for name in set(OURS) - owner:
        assert SERVICES[name]["environment"]["DATABASE_URL"].startswith("postgresql://alvorada_service:")
    assert "://prefect:" in SERVICES["prefect"]["environment"]["PREFECT_API_DATABASE_CONNECTION_URL"]
    script = (ROOT / "docker" / "databases.sh").read_text()
    member = "CREATE ROLE alvorada_service LOGIN PASSWORD :'service' IN ROLE alvorada_writer, alvorada_reader"
    assert member in script
    assert "SUPERUSER" not in script.upper()


def test_every_volume_that_our_image_writes_to_is_its_users() -> None:
    """A new volume takes the owner of the image's folder; where the image has none, it is root's."""
    made = re.search(r"mkdir ((?:/\w+ ?)+)&& chown alvorada:alvorada ((?:/\w+ ?)+)", (ROOT / "Dockerfile").read_text())
    assert made is not None
    owned = set(made[1].split()) & set(made[2].split())
    for name in [*OURS, "prefect"]:
        targets = {mount.split(":")[1] for mount in SERVICES[name]["volumes"]}
        assert targets <= owned, name


def test_the_databases_health_is_a_query() -> None:
    test = SERVICES["database"]["healthcheck"]["test"]
    assert test[:2] == ["CMD", "psql"]
    assert test[test.index("--command") + 1].startswith("SELECT ")
    assert test[test.index("--host") + 1] == "127.0.0.1"


def test_prefect_and_grafana_are_behind_the_proxys_login_and_publish_no_port() -> None:
    assert {name for name in SERVICES if "ports" in SERVICES[name]} == {"proxy", "lake", "mail"}
    caddy = (ROOT / "docker" / "Caddyfile").read_text()
    blocks = re.split(r"^\thandle", caddy, flags=re.MULTILINE)
    behind = {host: block for block in blocks for host in re.findall(r"reverse_proxy (\S+)", block)}
    assert set(behind) == {"api:8000", "grafana:3002", "prefect:4200"}
    for host, block in behind.items():
        assert ("basic_auth" in block and block.index("basic_auth") < block.index(host)) == (host != "api:8000"), host
    assert caddy.count("{") == caddy.count("}")
    assert "$$PROXY_PASSWORD" in SERVICES["proxy"]["command"][0]
    assert "{$PROXY_HASH}" in caddy
    public = SERVICES["prefect"]["environment"]["PREFECT_UI_URL"]
    assert SERVICES["prefect"]["environment"]["PREFECT_UI_API_URL"] == f"{public}/api"
    assert SERVICES["prefect"]["command"][1] == "alvorada.stack.prefect_server:create_app"
    assert "prefect:4200" in SERVICES["prefect"]["environment"]["ALVORADA_PREFECT_HOSTS"].split(",")


@pytest.mark.parametrize("name", ["prefect", "worker", "api", "demo"])
def test_compose_services_talk_to_services_that_are_there(name: str) -> None:
    hosts = re.findall(r"(?:@|http://)([a-z]+):\d+", " ".join(SERVICES[name]["environment"].values()))
    assert hosts
    assert set(hosts) <= set(SERVICES)


def test_no_port_is_open_to_other_machines() -> None:
    for service in SERVICES.values():
        assert all(port.startswith("127.0.0.1:") for port in service.get("ports", []))


@pytest.mark.parametrize("name", OURS)
def test_compose_sets_only_variables_that_something_reads(name: str) -> None:
    """Ours, Prefect's, and those of the S3 client, as tests/tasks/store/test_lake.py sets them."""
    environment = SERVICES[name]["environment"]
    fields = Settings.model_fields.items()
    ours = {
        str(field.validation_alias.choices[0])
        if isinstance(field.validation_alias, AliasChoices)
        else f"{PREFIX}{field_name.upper()}"
        for field_name, field in fields
    }
    lake = {f"AWS_{name}" for name in ("ENDPOINT_URL", "ALLOW_HTTP", "REGION", "ACCESS_KEY_ID", "SECRET_ACCESS_KEY")}
    assert {variable for variable in environment if not variable.startswith("PREFECT_")} <= ours | lake | {"HOME"}
    known = {f"PREFECT_{one}" for one in ("API_URL", "UI_URL", "EXPERIMENTAL_EVENTS", "API_DATABASE_CONNECTION_URL")}
    assert {variable for variable in environment if variable.startswith("PREFECT_")} <= known


@pytest.mark.parametrize("name", OURS)
def test_compose_runs_commands_that_are_there(name: str) -> None:
    command = " ".join(SERVICES[name]["command"])
    text = command if "entrypoint" in SERVICES[name] else f"alvorada {command}"
    named = re.findall(r"alvorada ([a-z][\w-]*)", text)
    assert named
    assert set(named) <= set(get_command(app).commands)  # type: ignore[attr-defined]
    if name == "worker":
        assert named == ["deploy", "automations"]
        assert f"--pool {WORK_POOL}" in command


def test_the_lakes_bucket_is_there_when_the_example_names_it() -> None:
    assert "mkdir -p /data/alvorada" in SERVICES["lake-folder"]["command"][-1]
    assert "s3://alvorada/" in (ROOT / ".env.example").read_text()


def test_no_password_stands_in_a_file_and_the_example_names_every_variable() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    example = (ROOT / ".env.example").read_text()
    assert variables(text) == set(re.findall(r"^(\w+)=", example, re.MULTILINE))
    needed = ("POSTGRES", "GRAFANA_DATABASE", "SERVICE_DATABASE", "PREFECT_DATABASE", "PROXY")
    for name in (f"{one}_PASSWORD" for one in needed):
        assert f"${{{name}:?" in text  # compose says what to do instead of starting without one
    assert re.findall(r"^\w*(?:PASSWORD|SECRET)\w*: (?!\$\{)(?!\"\")\S+", text.replace("  ", ""), re.MULTILINE) == []


def test_init_makes_an_env_with_secrets_of_its_own_and_never_overwrites(tmp_path: Path) -> None:
    (tmp_path / ".env.example").write_text((ROOT / ".env.example").read_text())
    made = write_env_file(tmp_path)
    values = dict(re.findall(r"^(\w+)=(.*)$", made.read_text(), re.MULTILINE))
    secret = [value for name, value in values.items() if name.endswith("PASSWORD") and not name.startswith("SMTP")]
    assert len(secret) == len(set(secret)) == 7
    assert all(re.fullmatch(r"[0-9a-f]{48}", value) for value in secret)
    assert made.stat().st_mode & 0o777 == 0o600
    before = made.read_text()
    with pytest.raises(BadInput, match=r"\.env is there already"):
        write_env_file(tmp_path)
    assert made.read_text() == before
    with pytest.raises(BadInput, match=r"no \.env\.example"):
        write_env_file(tmp_path / "elsewhere")


def test_the_dashboards_account_is_made_before_the_database_counts_as_healthy() -> None:
    script = (ROOT / "docker" / "databases.sh").read_text()
    statements = re.findall(r"^(CREATE .*);$", script, re.MULTILINE)
    assert statements[-1] == "CREATE DATABASE prefect OWNER prefect"  # the health check asks for this one
    assert "CREATE ROLE grafana LOGIN PASSWORD :'password' IN ROLE alvorada_reader" in statements
