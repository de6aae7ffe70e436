"""compose.yml, as far as it can be checked without Docker."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from core.settings import PREFIX, Settings

FILE = Path(__file__).parents[2] / "compose.yml"


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return found


def test_nothing_is_open_to_the_network(compose: dict[str, Any]) -> None:
    ports = [port for service in compose["services"].values() for port in service.get("ports", ())]
    assert sorted(ports) == ["127.0.0.1:5601:5601", "127.0.0.1:9200:9200"]
    assert not any(service.get("network_mode") or service.get("privileged") for service in compose["services"].values())


def test_images_are_pinned_to_one_version(compose: dict[str, Any]) -> None:
    images = [service["image"] for service in compose["services"].values()]
    assert all(re.fullmatch(r"docker\.elastic\.co/(elasticsearch/elasticsearch|kibana/kibana):8\.19\.\d+", image) for image in images)
    assert len({image.rpartition(":")[2] for image in images}) == 1


def test_security_is_on_and_passwords_are_asked_for(compose: dict[str, Any]) -> None:
    environment = compose["services"]["elasticsearch"]["environment"]
    assert environment["xpack.security.enabled"] == "true"
    assert environment["discovery.type"] == "single-node"
    wanted = re.findall(r"\$\{(\w+)([^}]*)\}", FILE.read_text(encoding="utf-8"))
    assert {name for name, _ in wanted} == {"VIGIE_ELASTICSEARCH_PASSWORD", "KIBANA_PASSWORD", "KIBANA_ENCRYPTION_KEY"}
    assert all(rest.startswith(":?") for _, rest in wanted)


def test_its_variables_do_not_stop_vigie() -> None:
    """Settings refuse an unknown VIGIE_ variable, and people put both in one .env file."""
    ours = set(re.findall(rf"\b{PREFIX}\w+", FILE.read_text(encoding="utf-8")))
    assert ours <= {PREFIX + name.upper() for name in Settings.model_fields}


def test_what_stays_up_is_watched_and_bounded(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert all(service["mem_limit"] for service in services.values())
    assert {name for name, service in services.items() if service.get("healthcheck")} == {"elasticsearch", "kibana"}
    assert services["setup"]["restart"] == "no"
    named = {volume.partition(":")[0] for service in services.values() for volume in service.get("volumes", ())}
    assert named == set(compose["volumes"])


def test_setup_runs_between_the_two(compose: dict[str, Any]) -> None:
    services = compose["services"]
    assert services["setup"]["depends_on"] == {"elasticsearch": {"condition": "service_healthy"}}
    assert services["kibana"]["depends_on"] == {"setup": {"condition": "service_completed_successfully"}}
    script = services["setup"]["command"][-1]
    assert "kibana_system/_password" in script
    assert "\n" not in script.strip()


def test_snapshots_have_a_place_of_their_own(compose: dict[str, Any]) -> None:
    node, setup = compose["services"]["elasticsearch"], compose["services"]["setup"]
    place = node["environment"]["path.repo"]
    (volume,) = (mounted.partition(":")[0] for mounted in node["volumes"] if mounted.endswith(f":{place}"))
    assert f"{volume}:/snapshots" in setup["volumes"]
    assert setup["command"][-1].startswith("chown 1000:0 /snapshots && printf")
    assert setup["user"] == "0:0"  # Docker makes the folder as root
