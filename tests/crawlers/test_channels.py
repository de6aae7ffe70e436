"""Contact channels and means of payment: each kind's addresses, one value per channel, numbers that are none."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from core.errors import ConfigError
from crawlers.reading.channels import FILE, channels, load_table
from crawlers.reading.coins import coins
from crawlers.reading.numbers import ibans, mails, phones


def contacts(text: str, *links: str) -> list[tuple[str, str]]:
    return [(kind, value) for kind, value, _ in channels(text, links)[0]]


def payments(text: str, *links: str) -> list[tuple[str, str]]:
    return [(kind, value) for kind, value, _ in channels(text, links)[1]]


@pytest.mark.parametrize(
    ("written", "kind", "value"),
    [
        ("https://t.me/Jardin_Vert", "telegram", "t.me/jardin_vert"),
        ("t.me/s/jardin_vert/120", "telegram", "t.me/jardin_vert"),
        ("https://telegram.me/jardin_vert?before=3", "telegram", "t.me/jardin_vert"),
        ("https://t.me/joinchat/AbC-dE_f", "telegram", "t.me/+AbC-dE_f"),
        ("https://t.me/+AbC-dE_f", "telegram", "t.me/+AbC-dE_f"),
        ("Telegram : @Jardin_Vert", "telegram", "t.me/jardin_vert"),
        ("https://chat.whatsapp.com/AbCd?mode=r", "whatsapp", "chat.whatsapp.com/AbCd"),
        ("https://whatsapp.com/channel/0029Va", "whatsapp", "whatsapp.com/channel/0029Va"),
        ("https://wa.me/message/ABCD1", "whatsapp", "wa.me/ABCD1"),
        ("https://signal.group/#CjQKIAbc", "signal", "signal.group/#CjQKIAbc"),
        ("https://discord.com/invite/AbC", "discord", "discord.gg/AbC"),
        ("https://m.me/jardin?ref=x", "messenger", "m.me/jardin"),
        ("https://www.facebook.com/groups/Jardins/posts/1/", "facebook", "facebook.com/groups/jardins"),
        ("https://m.facebook.com/JardinVert/", "facebook", "facebook.com/jardinvert"),
        ("https://www.facebook.com/profile.php?id=100&sk=about", "facebook", "facebook.com/profile.php?id=100"),
        ("insta : @fleur.bleue.", "instagram", "instagram.com/fleur.bleue"),
        ("https://www.instagram.com/fleur.bleue/?igshid=1", "instagram", "instagram.com/fleur.bleue"),
        ("skype:jardin.vert?chat", "skype", "jardin.vert"),
        ("https://us02web.zoom.us/j/123456?pwd=x", "zoom", "zoom.us/j/123456"),
        ("https://jardin.substack.com/p/la-haie?utm_source=x", "newsletter", "jardin.substack.com"),
        ("https://abc12.sibforms.com/serve/MUIE_aB", "newsletter", "sibforms.com/serve/MUIE_aB"),
        ("https://jardin.us1.list-manage.com/subscribe?u=a1&id=b2", "newsletter", "list-manage.com/subscribe?u=a1&id=b2"),
        ("https://forms.gle/AbC", "form", "forms.gle/AbC"),
        ("https://linktr.ee/Jardin", "link_page", "linktr.ee/jardin"),
        ("https://calendly.com/jardin/visite?month=2026-12", "booking", "calendly.com/jardin"),
    ],
)
def test_contacts(written: str, kind: str, value: str) -> None:
    assert contacts(f"Venez nous voir ({written}) !") == [(kind, value)]


@pytest.mark.parametrize(
    ("written", "kind", "value"),
    [
        ("https://www.paypal.me/Jardin/20EUR", "paypal", "paypal.me/jardin"),
        ("paypal.com/paypalme/jardin?country.x=FR", "paypal", "paypal.me/jardin"),
        ("https://www.paypal.com/fr/donate/?hosted_button_id=ABC12&source=url", "paypal", "paypal.com/donate?hosted_button_id=ABC12"),
        ("https://buy.stripe.com/aB3?prefilled_email=x", "stripe", "buy.stripe.com/aB3"),
        ("https://fr.tipeee.com/jardin/news/3", "tipeee", "tipeee.com/jardin"),
        ("https://www.patreon.com/c/jardin/posts", "patreon", "patreon.com/jardin"),
        ("https://www.patreon.com/bePatron?u=12", "patreon", "patreon.com/user?u=12"),
        ("https://ko-fi.com/jardin", "kofi", "ko-fi.com/jardin"),
        ("https://buymeacoffee.com/jardin", "buymeacoffee", "buymeacoffee.com/jardin"),
        ("https://www.leetchi.com/fr/c/un-four-12?utm_medium=x", "leetchi", "leetchi.com/c/un-four-12"),
        ("https://www.helloasso.com/associations/le-four/collectes/un-four", "helloasso", "helloasso.com/associations/le-four"),
        ("https://gofund.me/AbC12", "gofundme", "gofund.me/AbC12"),
        ("https://www.cotizup.com/un-four", "cotizup", "cotizup.com/un-four"),
        ("https://fr.ulule.com/un-four/?reward=1", "ulule", "ulule.com/un-four"),
        ("https://www.kisskissbankbank.com/fr/projects/un-four/tabs/description", "kisskissbankbank", "kisskissbankbank.com/projects/un-four"),
        ("https://lydia-app.com/pots?id=1 https://lydia-app.com/collect/1-un-four/fr", "lydia", "lydia-app.com/collect/1-un-four"),
        ("https://pay.sumup.com/b2c/QAB1", "sumup", "pay.sumup.com/b2c/QAB1"),
        ("https://www.amazon.fr/hz/wishlist/ls/1AB?ref_=wl_share", "amazon_wishlist", "amazon.fr/hz/wishlist/ls/1AB"),
        ("https://jardin.systeme.io/formation", "systeme_io", "jardin.systeme.io"),
    ],
)
def test_payments(written: str, kind: str, value: str) -> None:
    assert payments(f"Soutenez-nous : {written}.") == [(kind, value)]
    assert payments("", *written.split()) == [(kind, value)] or not written.startswith("http")


@pytest.mark.parametrize(
    "address",
    [
        "https://t.me/share/url?url=x", "https://t.me/", "https://www.facebook.com/sharer/sharer.php?u=x", "https://www.instagram.com/p/Cab/", "https://paypal.com/fr/home",
        "https://www.paypal.com/donate", "https://www.leetchi.com/fr/blog", "https://help.systeme.io/article/1", "https://wa.me/?text=x", "https://fr.ulule.com/discover/",
        "https://fausset.me/jardin", "https://t.me.jardin.example/x", "https://xt.me/x", "https://jardin.example/t.me/x", "https://[x", "https://paypal.me\x00/x",
    ],
)  # fmt: skip
def test_a_service_s_own_pages_are_no_channel(address: str) -> None:
    assert channels("", [address]) == ((), ())


def test_what_is_private_is_said_to_be() -> None:
    found = channels("06 12 34 56 78, moi@jardin.example, FR14 2004 1010 0505 0001 3M02 606, https://wa.me/33698765432, paypal.me/jardin", ())
    assert found[0] == (
        ("whatsapp", "+33698765432", True),
        ("phone", "+33698765432", True),
        ("mail", "moi@jardin.example", True),
        ("phone", "+33612345678", True),
    )
    assert found[1] == (("paypal", "paypal.me/jardin", False), ("iban", "FR1420041010050500013M02606", True))
    assert channels("", ["https://www.paypal.com/donate?business=moi%40jardin.example"])[1][0][2] is True


@pytest.mark.parametrize(
    "written",
    [
        "06 12 34 56 78", "06.12.34.56.78", "06-12-34-56-78", "0612345678", "06/12/34/56/78", "06\u00a012\u00a034\u00a056\u00a078", "+33 6 12 34 56 78", "+33612345678",
        "+33 (0)6 12 34 56 78", "0033 6 12 34 56 78", "(+33) 6.12.34.56.78", "Tél.06 12 34 56 78", "7j/7 06 12 34 56 78.", "06 12 34 56 78 ou 07 en vain", "tel:0612345678",
        "https://api.whatsapp.com/send?phone=33612345678&text=x", "https://wa.me/0612345678", "https://signal.me/#p/+33612345678",
    ],
)  # fmt: skip
def test_one_phone_has_one_value(written: str) -> None:
    assert ("phone", "+33612345678", True) in channels(f"Appelez : {written}", ())[0]


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("0 892 68 32 26 ou 0800 123 456", ["+33892683226", "+33800123456"]),
        ("0692 12 34 56 06 92 12 34 57", ["+262692123457"]),  # La Réunion
        ("0692 12 34 56, 06 92 12 34 57", ["+262692123456", "+262692123457"]),
        ("0692 12 34 56 €", []),
        ("+32 470 12 34 56 / +41 79 123 45 67 / +1 (514) 234-5678", ["+32470123456", "+41791234567", "+15142345678"]),
        ("01 42 68 53 00 06 12 34 56 78", ["+33612345678"]),  # two that are not parted: the first could be anything
        ("01 42 68 53 00 / 06 12 34 56 78", ["+33142685300", "+33612345678"]),
        ("+33 6 12 34 56 78 +32 470 12 34 56", ["+33612345678", "+32470123456"]),
    ],
)
def test_phones(written: str, expected: list[str]) -> None:
    assert phones(written) == expected


@pytest.mark.parametrize(
    "text",
    [
        "le 05.12.2023 à 14 h 30", "05/12/2023 14:30", "2023-05-12 10:20:30", "05 12 2023 14 30", "du 01/02 au 03/04/2026", "01.02.2026.03.04.05",
        "10 000 000 €", "+33 000 000 000 €", "1 234 567,89 €", "0612345678,50", "0123456789 €", "+1 200 000 000 euros", "+32 470 123 456 €",
        "ISBN 978-2-07-036822-8", "ISBN : 9782070368228", "ISBN 0306406152", "ISBN-10 : 0-306-40615-2", "ISSN 0151-0282",
        "SIRET 552 100 554 00013", "SIRET : 55210055400013", "SIREN 0552100554", "SIRET 812 345 678 01 02 03 04 05", "RCS Paris 0123456789", "réf. 0612345678", "N° de dossier : 0612345678",
        "TVA FR40 123 456 789", "4970 1012 3456 7890", "2 84 05 88 157 003 26", "tirage : 02 04 06 08 10", "01 02 03 04 05 06 07", "#0612345678", "1,0612345678", "A0612345678",
        "IBAN FR76 3000 6000 0112 3456 7890 188", "FR7612345678901234567890123", "https://jardin.example/0612345678/page", "12:06:12:34:56:78", "rtx 0987654321b", "00000000000000",
    ],
)  # fmt: skip
def test_dates_prices_and_registers_are_no_phone_and_no_account(text: str) -> None:
    assert channels(text, ()) == ((), ())


def test_mails() -> None:
    assert mails("Écrire à Contact@Jardin-Vert.example.") == ["contact@jardin-vert.example"]
    assert mails("contact (at) jardin (point) example, amis [arobase] jardin.example") == ["contact@jardin.example", "amis@jardin.example"]
    assert mails("@bob@toot.example logo@2x.png a@b @@ x@y.z1 voir (a) jardin.example") == []
    assert mails("a@jardin.example,A@JARDIN.example;b@jardin.example") == ["a@jardin.example", "b@jardin.example"]


def test_ibans_need_their_check_digits() -> None:
    assert ibans("fr FR14 2004 1010 0505 0001 3M02 606 et BE68 5390 0754 7034.")[0] == ["FR1420041010050500013M02606", "BE68539007547034"]
    assert ibans("DE89370400440532013000")[0] == ["DE89370400440532013000"]
    assert ibans("FR15 2004 1010 0505 0001 3M02 606 ZZ68539007547034 BE68")[0] == []


def test_coins_need_their_check_digits() -> None:
    old, new, taproot = (
        "1BoatSLRHtKNngkdXEeobR76b53LETtpyT",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
    )
    ether, tron = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
    monero = "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A"
    assert coins(f"{old} {new} {taproot}") == [("bitcoin", old), ("bitcoin", new), ("bitcoin", taproot)]
    assert coins(f"{ether}, {tron} ; {monero}") == [("ethereum", ether.lower()), ("tron", tron), ("monero", monero)]
    assert coins(f"{old[:-1]}U {new[:-1]}5 {ether}00 0x{'a' * 64} {tron[:-1]}u") == []
    solana = "7EcDhSYGxXyscszYEp35KHN8vvw3svAuLKTzXwCFLtV"
    assert coins(f"SOL : {solana}") == [("solana", solana)]
    assert coins(f"clé {solana}") == []
    assert coins(new.upper()) == [("bitcoin", new)]


def test_each_channel_once_in_order() -> None:
    assert contacts("t.me/a_b https://t.me/a_b/4 t.me/c_d", "https://t.me/c_d") == [("telegram", "t.me/c_d"), ("telegram", "t.me/a_b")]


def test_a_plain_text_has_none() -> None:
    assert channels("Le jardin ouvre samedi 5 décembre 2026 de 9h à 17h30, au 12 rue des Lilas, 75011 Paris. Entrée : 3,50 €.", ()) == ((), ())


@settings(max_examples=200, deadline=None)
@given(
    st.text(alphabet="0123456789 +./@()aFR:t.mehpswx#?=&%é\x00\ud800\u00a0-", max_size=200),
    st.lists(st.text(alphabet="htps:/w.me#?=&%@[]0x+é\ud800 ", max_size=60), max_size=3),
)
def test_no_text_crashes_it(text: str, links: list[str]) -> None:
    for found in channels(text, links):
        for kind, value, private in found:
            assert kind
            assert value.strip()
            assert isinstance(private, bool)


@pytest.mark.parametrize(
    "piece",
    ["a", "0", "01 ", "@", "a@", "a@b.", "FR76", "+33 ", "+1", "(at)", "-", "a-", "telegram @", "tg @aaa ", "https://", "t.me/aa ", "1A1z", "isbn 0612345678 ", "skype:", "é.", "[(", "06 12 34 56 78/", "https://wa.me/1?a=1&"],
)  # fmt: skip
def test_no_run_of_signs_is_read_twice(piece: str) -> None:
    start = time.process_time()  # the clock would measure other tests too
    contact, payment = channels(piece * (1_000_000 // len(piece)), ())
    assert len(contact) + len(payment) <= 400
    assert time.process_time() - start < 5


def test_a_wrong_file_names_file_key_and_nearest(tmp_path: Path) -> None:
    good = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    service = {"kind": "essai", "name": "Essai", "links": [{"hosts": ["essai.example"]}]}
    wrong = [
        ({**service, "links": [{"host": ["essai.example"]}]}, "contacts.essai.links.0.host: .*'hosts'"),
        ({**service, "links": [{"hosts": []}]}, "contacts.essai.links.0.hosts"),
        ({**service, "labels": "x"}, "contacts.essai.labels"),
        ({**service, "links": [{"hosts": ["t.me"]}]}, "essai.hosts: 't.me' stands in 'telegram' already"),
        ({"kind": "essai", "links": service["links"]}, "contacts.essai.name"),
    ]
    for at, (entry, message) in enumerate(wrong):
        path = tmp_path / f"channels{at}.yml"
        path.write_text(yaml.safe_dump({**good, "contacts": [*good["contacts"], entry]}), encoding="utf-8")
        with pytest.raises(ConfigError, match=message) as raised:
            load_table(path)
        assert str(path) in str(raised.value)
        assert "\n" not in str(raised.value)
    for at, text in enumerate(["a: [", "- 1", "\x00"]):
        path = tmp_path / f"broken{at}.yml"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ConfigError, match=str(path)):
            load_table(path)
    with pytest.raises(ConfigError, match="not readable"):
        load_table(tmp_path / "absent.yml")


def test_names_and_kinds_are_each_given_once() -> None:
    table = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    kinds = [service["kind"] for part in ("contacts", "payments") for service in table[part]]
    assert len(kinds) == len(set(kinds))
    assert not set(kinds) & {"mail", "phone", "iban", "bitcoin", "ethereum"}
