"""Bring a plan's templates and policy to the node, and tell whether they are there. Repeating it sends nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from elasticsearch import NotFoundError

if TYPE_CHECKING:
    from collections.abc import Callable

    from elasticsearch import Elasticsearch

    from index.elastic.templates import Plan, Template


def install(client: Elasticsearch, plan: Plan) -> bool:
    """Send what lacks or differs: the policy first, then the components that the top one names; whether anything did."""
    missing = outdated(client, plan)
    if plan.policy and missing["policy"]:
        client.ilm.put_lifecycle(name=plan.policy.name, policy={**plan.policy.body, "_meta": plan.policy.meta})
    for component in plan.components:
        if component.name in missing["components"]:
            client.cluster.put_component_template(name=component.name, meta=component.meta, **component.body)
    if missing["top"]:
        client.indices.put_index_template(name=plan.top.name, meta=plan.top.meta, **plan.top.body)
    return any(missing.values())


def outdated(client: Elasticsearch, plan: Plan) -> dict[str, list[str]]:
    """Names of the parts of a plan (``policy``, ``components``, ``top``) that the node lacks or holds with another content."""
    policies = (plan.policy,) if plan.policy else ()
    return {
        "policy": _differing(policies, lambda name: _policy(client, name)),
        "components": _differing(plan.components, lambda name: _component(client, name)),
        "top": _differing((plan.top,), lambda name: _index_template(client, name)),
    }


def _differing(templates: tuple[Template, ...], find: Callable[[str], dict[str, Any]]) -> list[str]:
    found = []
    for template in templates:
        try:
            seen = find(template.name).get("_meta") or {}
        except NotFoundError:
            seen = {}
        if seen.get("digest") != template.meta["digest"]:
            found.append(template.name)
    return found


def _policy(client: Elasticsearch, name: str) -> dict[str, Any]:
    return dict(client.ilm.get_lifecycle(name=name)[name]["policy"])


def _component(client: Elasticsearch, name: str) -> dict[str, Any]:
    return dict(client.cluster.get_component_template(name=name)["component_templates"][0]["component_template"])


def _index_template(client: Elasticsearch, name: str) -> dict[str, Any]:
    return dict(client.indices.get_index_template(name=name)["index_templates"][0]["index_template"])
