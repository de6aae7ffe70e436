"""``vigie alerts`` as people use it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import feedparser
import pytest
from click.testing import CliRunner, Result

from cli.alerts import alerts
from core.errors import ConfigError, Invalid, NotFound
from core.settings import Settings
from flows.alerting import match_batch
from flows.crawling import child_environment
from flows.delivery import feed_path, searches_dir
from index.open import open_index
from tests.flows.receivers import SECRET, Receiver, web_receiver
from tests.index.conftest import _scored
from tests.index.making import entry_of


@pytest.fixture
def web() -> Iterator[Receiver]:
    with web_receiver() as found:
        yield found


@pytest.fixture
def vigie(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    for name, value in {**child_environment(settings), "VIGIE_ALERT_SECRET": SECRET}.items():
        if name.startswith("VIGIE_"):
            monkeypatch.setenv(name, value)

    def run(*arguments: str, answer: str | None = None) -> Result:
        result = CliRunner().invoke(alerts, list(arguments), input=answer, obj={"verbose": False}, standalone_mode=True)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result

    return run


def returned(vigie: Callable[..., Result], *arguments: str) -> int:
    """What the command returns to cli.main, which makes it the exit code."""
    result = CliRunner().invoke(alerts, list(arguments), obj={"verbose": False}, standalone_mode=False)
    assert result.exception is None
    value: int = result.return_value
    return value


def found(settings: Settings, *numbers: int) -> None:
    index = open_index(settings)
    scored = [_scored(number, text="Le gourou guérit tout.", p=0.9, collected_at=datetime.now(UTC)) for number in numbers]
    index.write(entry_of(one) for one in scored)
    match_batch(settings, index, "lot-1")
    index.close()


def test_a_search_is_saved_tested_and_delivered(vigie: Callable[..., Result], settings: Settings, web: Receiver) -> None:
    assert "Aucune recherche enregistrée" in vigie("list").stdout
    vigie("add", "veille", "gourou", "guérit tout", "--marker", "gourou", "--feed", "--webhook", web.url, "--title", "Veille : [soins]")
    assert feedparser.parse(feed_path(settings, "veille").read_bytes()).feed.title == "Vigie : Veille : [soins]"
    assert returned(vigie, "test", "veille") == 0
    ((_, body),) = web.got
    assert body["test"] is True
    found(settings, 1, 2)
    out = vigie("deliver").stdout
    assert "2 envois remis, 0 en attente, 0 abandonnés" in out
    assert len(web.got[1][1]["items"]) == 2
    out = vigie("list").stdout
    assert "Veille : [soins]" in out
    assert datetime.now(UTC).strftime("%Y-%m-%d") in out
    out = vigie("show", "veille").stdout
    assert "?q=gourou+%22gu%C3%A9rit+tout%22&marker=gourou" in out
    assert "remis" in out


def test_what_fails_is_shown_and_tried_again(vigie: Callable[..., Result], settings: Settings, web: Receiver) -> None:
    vigie("add", "veille", "--webhook", web.url, "--at-least", "alerte")
    found(settings, 1)
    web.answers = [500]
    assert returned(vigie, "deliver") == 2
    result = vigie("list")
    assert "veille, webhook 127.0.0.1, en attente après 1 essais : webhook at 127.0.0.1 answers 500" in result.stderr
    assert "crochet" not in result.output
    assert returned(vigie, "test", "veille") == 2
    web.answers = [200]
    assert "0 envois remis, 1 en attente" in vigie("deliver").stdout
    assert "1 envois remis" in vigie("retry", "veille").stdout
    assert vigie("list").stderr == ""


def test_a_search_is_changed_and_removed_when_asked(vigie: Callable[..., Result], settings: Settings) -> None:
    vigie("add", "veille", "gourou", "--feed")
    with pytest.raises(Invalid, match="--replace"):
        vigie("add", "veille", "autre", "--feed")
    vigie("add", "veille", "autre", "--feed", "--replace")
    assert "words: autre" in vigie("show", "veille").stdout
    with pytest.raises(Invalid, match="add --yes"):
        vigie("remove", "veille", answer="")  # nobody sits there
    assert (searches_dir(settings) / "veille.yml").exists()
    vigie("remove", "veille", "--yes")
    assert not feed_path(settings, "veille").exists()
    with pytest.raises(NotFound):
        vigie("remove", "veille", "--yes")


def test_a_broken_file_is_listed_and_can_be_removed(vigie: Callable[..., Result], settings: Settings) -> None:
    vigie("add", "veille", "--feed")
    (searches_dir(settings) / "cassee.yml").write_text("[", encoding="utf-8")
    assert "cassee" in vigie("list").stderr
    assert returned(vigie, "list") == 2
    vigie("remove", "cassee", "--yes")
    assert returned(vigie, "list") == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["Veille", "--feed"], "small letters"),
        (["../veille", "--feed"], "small letters"),
        (["veille"], "nothing says where"),
        (["veille", "--webhook", "http://receveur.example/"], "expected https"),
        (["veille", "--mail", "pas une adresse"], "cannot be read"),
        (["veille", "--feed", "--flag", "T55"], "did you mean"),
        (["veille", "--feed", "--title", "x" * 201], "title"),
    ],
)
def test_mistakes_are_told_before_anything_is_written(vigie: Callable[..., Result], settings: Settings, arguments: list[str], message: str) -> None:
    with pytest.raises(Invalid, match=message):
        vigie("add", *arguments)
    assert not searches_dir(settings).exists()


def test_what_would_never_arrive_is_told_at_once(vigie: Callable[..., Result], settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("VIGIE_ALERT_SECRET")
    with pytest.raises(ConfigError, match="VIGIE_ALERT_SECRET"):
        vigie("add", "veille", "--webhook", "https://receveur.example/")
    with pytest.raises(ConfigError, match="VIGIE_SMTP_HOST"):
        vigie("add", "veille", "--mail", "veille@maison.example")
    assert not searches_dir(settings).exists()
