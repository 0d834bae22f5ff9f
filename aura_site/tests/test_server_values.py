"""What gunicorn is told of the settings."""

import json

from aura_site import server_values


def test_the_values_are_those_of_the_settings(settings, capsys):
    settings.AURA_HOST, settings.AURA_PORT, settings.AURA_WORKERS = "127.0.0.1", 9000, 3

    assert server_values.main() == 0
    assert json.loads(capsys.readouterr().out) == {
        "bind": "127.0.0.1:9000",
        "workers": 3,
        "loglevel": "info",
    }


def test_an_address_of_ipv6_stands_in_brackets(settings):
    settings.AURA_HOST = "::1"

    assert server_values.values()["bind"] == f"[::1]:{settings.AURA_PORT}"
