"""A text cut into passages: nothing is lost, nothing is shown twice, whatever overlaps."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from web.pages import environment
from web.passages import Mark, cut, find, shown, warnings

TEXTS = st.text(alphabet=st.one_of(st.characters(exclude_categories=["Cs"]), st.sampled_from("<>&\"'\r\n\t\x00 é\u202e😀")), max_size=60)
MARKS = st.lists(
    st.builds(
        Mark, st.integers(-3, 70), st.integers(-3, 70), st.sampled_from(["gourou", "complotisme", "T1", "T2"]), st.sampled_from(["", "B1", "B2"])
    ),
    max_size=8,
)


@given(TEXTS, MARKS)
def test_pieces_put_together_are_the_text(text: str, marks: list[Mark]) -> None:
    pieces = cut(text, marks)
    assert "".join(piece.text for piece in pieces) == text
    assert all(text[piece.start : piece.start + len(piece.text)] == piece.text for piece in pieces)


@given(TEXTS, MARKS)
def test_each_sign_has_the_keys_of_the_marks_over_it(text: str, marks: list[Mark]) -> None:
    for piece in cut(text, marks):
        for at in range(piece.start, piece.start + len(piece.text)):
            assert [mark.key for mark in piece.marks] == sorted({mark.key for mark in marks if mark.start <= at < mark.end})


@given(TEXTS, MARKS)
def test_labels_of_passages_that_overlap_are_all_told(text: str, marks: list[Mark]) -> None:
    for piece in cut(text, marks):
        for one in piece.marks:
            over = [mark for mark in marks if mark.key == one.key and mark.start <= piece.start < mark.end]
            assert sorted(filter(None, one.label.split(", "))) == sorted({mark.label for mark in over} - {""})


class Read(HTMLParser):
    """What a page says, and which elements it has."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.said = ""
        self.tags: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.said += data


@given(TEXTS, MARKS)
def test_a_page_says_the_text_sign_for_sign_and_nothing_of_it_is_an_element(text: str, marks: list[Mark]) -> None:
    page = environment().get_template("lecture/texte.html").module.marked(cut(shown(text), marks))  # type: ignore[attr-defined]
    read = Read()
    read.feed(str(page))
    read.close()
    assert read.said == shown(text)
    assert len(shown(text)) == len(text)
    assert read.tags <= {"span", "mark"}


@given(TEXTS)
def test_what_html_cannot_carry_is_replaced_sign_by_sign(text: str) -> None:
    assert not {"\r", "\x00", "\x0b", "\x1b"} & set(shown(text))


def test_a_line_break_of_two_signs_stays_one_line_break() -> None:
    assert shown("a\r\nb\rc") == "a \nb\nc"


@given(TEXTS, st.integers(0, 60), st.integers(0, 60))
def test_a_quote_of_the_text_is_found(text: str, first: int, second: int) -> None:
    quote = text[min(first, second) : max(first, second)]
    place = find(text, quote)
    if quote.strip():
        assert place is not None
        assert text[place[0] : place[1]].split() == quote.split()
    else:
        assert place is None


def test_a_quote_copied_over_a_line_break_is_found_and_another_is_not() -> None:
    text = "Arrêtez  tout\r\nde suite, dit-il."
    assert find(text, "Arrêtez tout de suite") == (0, 23)
    assert find(text, "arrêtez tout") is None
    assert find(text, "dit-elle") is None


def test_a_reader_is_told_of_signs_that_deceive() -> None:
    assert warnings("a\u202eb") == ("direction",)
    assert warnings("a\u200bb\u2066") == ("direction", "invisible")
    assert warnings("L'été\u00a0!") == ()
