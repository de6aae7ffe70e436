"""CSS selectors as XPath of one step, so that no page makes them slow.

libxml2 finds ``a b`` by collecting the descendants of each ``a`` and merging the sets, which takes quadratic time where many ``a`` stand in one
another: seconds for a page of 100 kB. "``b`` with an ancestor ``a``" is the same, and takes one look at each element and those above it.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from lxml import etree

if TYPE_CHECKING:
    from lxml.html import HtmlElement

Selectors = tuple[str, ...]


@cache
def _translator() -> Any:
    from cssselect import HTMLTranslator

    class OneStep(HTMLTranslator):
        def xpath_descendant_combinator(self, left: Any, right: Any) -> Any:
            return right.add_condition(f"ancestor::{left}")

        def xpath_child_combinator(self, left: Any, right: Any) -> Any:
            return right.add_condition(f"parent::{left}")

        def xpath_direct_adjacent_combinator(self, left: Any, right: Any) -> Any:
            return right.add_condition(f"preceding-sibling::*[1][self::{left}]")

    return OneStep()


def as_xpath(css: str) -> str:
    """The XPath of a CSS selector, relative to an element and matching that element too. Raises ValueError.

    ``::text`` and ``::attr(name)`` may end it, the same for all parts of a list.
    """
    from cssselect import parse
    from cssselect.parser import SelectorError
    from cssselect.xpath import ExpressionError

    try:
        parts = [(_translator().xpath(selector.parsed_tree), _ending(selector.pseudo_element)) for selector in parse(css)]
    except (SelectorError, ExpressionError) as error:
        raise ValueError(f"{css!r} is no CSS selector ({error})") from error
    endings = {ending for _, ending in parts}
    if len(endings) > 1:
        raise ValueError(f"{css!r}: all parts of a list must end alike")
    test = " or ".join(f"self::{path}" for path, _ in parts)
    return f"descendant-or-self::*[{test}]{endings.pop()}"


def _ending(pseudo: Any) -> str:
    if pseudo is None:
        return ""
    if pseudo == "text":
        return "/text()"
    if getattr(pseudo, "name", "") == "attr" and pseudo.argument_types() in (["STRING"], ["IDENT"]):
        return f"/@{pseudo.arguments[0].value}"
    raise ValueError(f"::{getattr(pseudo, 'name', pseudo)} is unknown; expected ::text or ::attr(name)")


@cache
def compiled(selector: str) -> etree.XPath:
    """A selector: XPath where it begins with ``/``, ``.`` followed by ``/``, ``..`` or ``(``, else CSS. Raises ValueError."""
    path = selector if selector.startswith(("/", "./", "..", "(")) else as_xpath(selector)
    try:
        return etree.XPath(path)
    except etree.XPathSyntaxError as error:
        raise ValueError(f"{selector!r} is no XPath ({error})") from error


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
