"""The settings stand before Django's own check of a deployment."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

from tests.isolation import plain


@pytest.mark.slow
@pytest.mark.fault("W3")
def test_the_check_before_a_deployment_has_no_warning(tmp_path):
    environment = plain(os.environ) | {
        "AURA_HTTPS": "true",
        "AURA_DATA_DIR": str(tmp_path),
        "AURA_ENV_FILE": str(tmp_path / ".env"),
    }
    command = ["manage.py", "check", "--deploy", "--fail-level", "WARNING"]
    done = subprocess.run(
        [sys.executable, *command],
        cwd=settings.BASE_DIR,
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, "no issues" in done.stdout) == (0, True), done.stderr
