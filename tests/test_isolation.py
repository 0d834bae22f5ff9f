"""No setting of whoever runs the tests reaches them."""

import os
import subprocess
import sys

from django.conf import settings

from tests.isolation import ours, plain

THEIRS = {
    "OPENROUTER_API_KEY": "sk-theirs",
    "AURA_L1_MODEL": "their/model",
    "AURA_DATA_DIR": "/nowhere/data",
    "AURA_ENV_FILE": "/nowhere/.env",
    "SECRET_KEY": "theirs",
    "PORT": "no-number",
    "https_proxy": "http://nowhere",
}


def test_settings_of_the_caller_are_cleared():
    code = "from tests import settings as s; print(s.AURA_DATA_DIR, s.AURA_PORT); "
    code += "import os; print(sorted(os.environ))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=plain(os.environ) | THEIRS,
        capture_output=True,
        text=True,
        check=True,
        timeout=30,
    )
    assert "aura-tests-" in done.stdout and " 8080\n" in done.stdout
    assert "nowhere" not in done.stdout
    left = {"AURA_DATA_DIR", "AURA_ENV_FILE"}
    assert not any(f"'{name}'" in done.stdout for name in THEIRS.keys() - left)


def test_names_of_others_stay():
    names = ["PATH", "DATABASE_URL", "HOSTNAME", "PYTHONPATH", "SUPPORT", "DEBUGGER"]
    assert ours(names) == []
    assert set(ours(THEIRS)) == set(THEIRS)


def test_data_folder_of_the_tests_is_not_the_one_of_the_product():
    assert settings.AURA_DATA_DIR != settings.BASE_DIR / "data"
    assert not settings.AURA_DOTENV.values
