"""How log lines look."""

import pytest

from aura_site.logs import logging_config


@pytest.mark.parametrize(
    ("given", "shown"), [("debug", "DEBUG"), ("WARNING", "WARNING"), ("loud", "INFO")]
)
def test_a_level_is_taken_by_its_name_and_an_unknown_one_is_info(given, shown):
    levels = {logger["level"] for logger in logging_config(given)["loggers"].values()}
    assert levels == {shown}
