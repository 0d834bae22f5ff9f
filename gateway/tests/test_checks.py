"""Aliases that lead nowhere are found by `manage.py check`."""

import pytest

from gateway.checks import check_aliases


@pytest.mark.parametrize("name", ["l3", "aura/l1", "aura-l2", "embedding", "l3@budget"])
def test_an_alias_for_a_layer_is_right(settings, name):
    settings.AURA_MODEL_ALIASES = {"gpt-4o": name}
    assert check_aliases(None) == []


@pytest.mark.parametrize("name", ["l9", "L3", "gpt-4", "l3@"])
def test_an_alias_for_nothing_is_named(settings, name):
    settings.AURA_MODEL_ALIASES = {"gpt-4o": name, "*": "l3"}
    (message,) = check_aliases(None)
    assert message.id == "gateway.W001"
    assert "'gpt-4o'" in message.msg
