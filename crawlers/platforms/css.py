"""CSS selectors in a time that grows with the page, whatever the page.

libxml2 finds ``a b`` by collecting the descendants of each ``a`` and merging the sets: quadratic where many ``a`` stand in one another, seconds for
a page of 100 kB. Here the ``b`` are found first, and each element above them is asked once whether it is an ``a``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from lxml import etree

if TYPE_CHECKING:
    from collections.abc import Callable

    from lxml.html import HtmlElement

Selectors = tuple[str, ...]


@dataclass(frozen=True)
class Step:
    """``b`` of ``a b``; ``above`` is ``a``."""

    found: etree.XPath  # the elements inside an element, and itself, that pass
    test: etree.XPath  # whether an element passes
    above: Step | None = None

    def within(self, element: HtmlElement) -> list[HtmlElement]:
        """What passes, in the page's order."""
        known: list[dict[Any, bool]] = [{} for _ in range(self.depth)]
        return [one for one in self.found(element) if self.above is None or self.above.is_above(one, known)]

    @property
    def depth(self) -> int:
        """The number of steps above this one."""
        return 0 if self.above is None else 1 + self.above.depth

    def is_above(self, element: HtmlElement, known: list[dict[Any, bool]]) -> bool:
        """Whether an element stands in one that passes; ``known``, one a step: of those asked before, whether they or one above them pass."""
        asked, answers, passes = [], known[self.depth], False
        place = element.getparent()
        while place is not None:
            if place in answers:
                passes = answers[place]
                break
            asked.append(place)
            if self.test(place) and (self.above is None or self.above.is_above(place, known)):
                passes = True
                break
            place = place.getparent()
        answers.update(dict.fromkeys(asked, passes))
        return passes


@dataclass(frozen=True)
class Css:
    """A list of selectors with one ending: "" for elements, ``text``, or ``@name`` for an attribute."""

    steps: tuple[Step, ...]
    ending: str

    def __call__(self, element: HtmlElement) -> list[Any]:
        """What any of them finds, once each, in the page's order."""
        found = self.steps[0].within(element)
        if len(self.steps) > 1:
            wanted = set(found).union(*(step.within(element) for step in self.steps[1:]))
            found = [one for one in element.iter() if one in wanted] if wanted else []
        if self.ending == "text":
            return [text for one in found for text in one.xpath("text()")]
        return [value for one in found if (value := one.get(self.ending[1:])) is not None] if self.ending else found


@cache
def _translator() -> Any:
    from cssselect import HTMLTranslator

    class Predicates(HTMLTranslator):
        """Everything about one element as a condition on it."""

        def xpath_descendant_combinator(self, left: Any, right: Any) -> Any:
            return right.add_condition(f"ancestor::{left}")

        def xpath_child_combinator(self, left: Any, right: Any) -> Any:
            return right.add_condition(f"parent::{left}")

        def xpath_direct_adjacent_combinator(self, left: Any, right: Any) -> Any:
            raise ValueError("+ takes quadratic time; write (...)[1]/following-sibling::...")

        xpath_indirect_adjacent_combinator = xpath_direct_adjacent_combinator

    return Predicates()


def parse_css(css: str) -> Css:
    """A list of CSS selectors; ``::text`` and ``::attr(name)`` may end them, all alike. Raises ValueError."""
    from cssselect import parse
    from cssselect.parser import SelectorError
    from cssselect.xpath import ExpressionError

    try:
        parsed = parse(css)
        endings = {_ending(one.pseudo_element) for one in parsed}
        chains = [_chain(one.parsed_tree) for one in parsed]
    except (SelectorError, ExpressionError) as error:
        raise ValueError(f"{css!r} is no CSS selector ({error})") from error
    if len(endings) > 1:
        raise ValueError(f"{css!r}: all parts of a list must end alike")
    simple = [chain[0] for chain in chains if len(chain) == 1]
    chains = [chain for chain in chains if len(chain) > 1]
    if simple:  # in one look at the page, and in its order
        chains.insert(0, ["*[" + " or ".join(f"self::{path}" for path in simple) + "]"])
    return Css(steps=tuple(_step(chain) for chain in chains), ending=endings.pop())


def _chain(tree: Any) -> list[str]:
    """The XPath tests of ``a b c``: of a, of b, of c."""
    from cssselect.parser import CombinedSelector

    if isinstance(tree, CombinedSelector) and tree.combinator == " ":
        return [*_chain(tree.selector), str(_translator().xpath(tree.subselector))]
    return [str(_translator().xpath(tree))]


def _step(chain: list[str]) -> Step:
    path = chain[-1]
    above = _step(chain[:-1]) if len(chain) > 1 else None
    return Step(etree.XPath(f"descendant-or-self::{path}"), etree.XPath(f"boolean(self::{path})"), above)


def _ending(pseudo: Any) -> str:
    if pseudo is None or pseudo == "text":
        return pseudo or ""
    if getattr(pseudo, "name", "") == "attr" and pseudo.argument_types() in (["STRING"], ["IDENT"]):
        return f"@{pseudo.arguments[0].value}"
    raise ValueError(f"::{getattr(pseudo, 'name', pseudo)} is unknown; expected ::text or ::attr(name)")


@cache
def compiled(selector: str) -> Callable[[HtmlElement], Any]:
    """A selector: XPath where it begins with ``/``, ``./``, ``..`` or ``(``, else CSS. Raises ValueError."""
    if not selector.startswith(("/", "./", "..", "(")):
        return parse_css(selector)
    try:
        path: Callable[[HtmlElement], Any] = etree.XPath(selector)
    except etree.XPathSyntaxError as error:
        raise ValueError(f"{selector!r} is no XPath ({error})") from error
    return path


def find(selectors: Selectors, element: HtmlElement) -> list[Any]:
    """What the first selector that finds anything finds: elements, or strings that are not blank."""
    for selector in selectors:
        found = [one for one in compiled(selector)(element) if not isinstance(one, str) or one.strip()]
        if found:
            return found
    return []


def shown(one: HtmlElement | str, *, titles: bool = False) -> str:
    """What people see of an element or a string, on one line; ``titles``: what pointing at it tells comes first."""
    if isinstance(one, str):
        return " ".join(one.split())
    told = compiled("./descendant-or-self::*/@title")(one) if titles else []
    return " ".join(" ".join((*told, one.text_content())).split())


def values(selectors: Selectors, element: HtmlElement, *, titles: bool = False) -> list[str]:
    """The different texts that a field's selectors find, in order."""
    return list(dict.fromkeys(text for one in find(selectors, element) if (text := shown(one, titles=titles))))
