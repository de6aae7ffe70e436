"""The policy is reviewed data: each value has its reason, and a mistake names the file and the key."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from cases.policy import FILE, Policy, load_policy
from core.errors import ConfigError


def test_each_value_has_its_reason() -> None:
    policy = load_policy()
    assert set(policy.why) == set(Policy.model_fields) - {"why"}
    assert policy.second_reading_share == 0.2
    assert set(policy.leaves) == {"illicite_presume", "urgence"}


@pytest.mark.parametrize(
    ("key", "entry", "message"),
    [
        ("lease_minutes", {"value": 0, "why": "x"}, "lease_minutes: Input should be greater"),
        ("second_reading_share", {"value": 1.5, "why": "x"}, "second_reading_share"),
        ("leaves", {"value": ["illicite"], "why": "x"}, "leaves"),
        ("leaves", {"value": [], "why": "x"}, "leaves"),
        ("undo_minutes", {"value": 5}, "undo_minutes: expected value and why"),
        ("undo_minutes", 5, "undo_minutes: expected value and why"),
        ("undo_minutes", {"value": 5, "why": " "}, "why.undo_minutes"),
        ("undo_minute", {"value": 5, "why": "x"}, "unknown key 'undo_minute'; did you mean 'undo_minutes'"),
        ("undo_minutes", None, "expected value and why"),
    ],
    ids=range(9),
)
def test_a_mistake_is_named(tmp_path: Path, key: str, entry: object, message: str) -> None:
    data = {**yaml.safe_load(FILE.read_text(encoding="utf-8")), key: entry}
    path = tmp_path / "policy.yml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(ConfigError, match=message):
        load_policy(path)


@pytest.mark.parametrize("words", ["- 1", "", ": :", "\t"])
def test_what_is_no_policy_is_said(tmp_path: Path, words: str) -> None:
    path = tmp_path / "policy.yml"
    path.write_text(words, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"policy\.yml"):
        load_policy(path)


def test_a_missing_value_is_named(tmp_path: Path) -> None:
    data = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    del data["lease_minutes"]
    path = tmp_path / "policy.yml"
    path.write_text(yaml.safe_dump(data), encoding="utf-8")
    with pytest.raises(ConfigError, match="lease_minutes: Field required"):
        load_policy(path)
