"""Places that nobody may read without being let in, by their addresses."""

from __future__ import annotations

import pytest

from core.addresses import BadAddress, check_address, check_open


@pytest.mark.parametrize(
    "url",
    [
        "https://www.facebook.com/groups/123/posts/4", "m.facebook.com/groups/123", "https://t.me/+AbCdEf", "https://t.me/%2BAbCdEf",
        "https://t.me/joinchat/AbCdEf", "https://t.me/c/123/4", "https://chat.whatsapp.com/AbCdEf", "https://discord.gg/abc",
        "https://discord.com/invite/abc", "https://DISCORD.com/channels/1/2", "https://signal.group/#abc",
    ],
)  # fmt: skip
def test_a_closed_place_is_known_by_its_address(url: str) -> None:
    with pytest.raises(BadAddress) as raised:
        check_open(check_address(url))
    assert raised.value.reason == "closed_place"


@pytest.mark.parametrize(
    "url",
    [
        "https://www.facebook.com/une.page", "https://t.me/s/canal", "https://t.me/canal/12", "https://discord.com/blog", "https://pasdiscord.gg/abc",
        "https://exemple.fr/groups/1", "https://facebook.com.exemple.fr/groups/1", "https://discord.com/invited", "https://facebook.com/",
    ],
)  # fmt: skip
def test_what_everybody_may_read_is_not(url: str) -> None:
    assert check_open(check_address(url))


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ("marie@exemple.fr", "email"), ("mailto:marie@exemple.fr", "email"), ("https://marie@exemple.fr/", "credentials"),
        ("Ma voisine ne prend plus rien", "sentence"), ("une phrase", "sentence"), ("exemple.fr/ma page", "characters"),
        ("https://exemple.fr/ma page", "characters"), ("bonjour", "scheme"),
    ],
)  # fmt: skip
def test_what_is_no_address_is_named_for_what_it_is(given: str, reason: str) -> None:
    with pytest.raises(BadAddress) as raised:
        check_address(given)
    assert raised.value.reason == reason
