"""What the server runs: the two planes in one process, and what starts with a worker."""

import os
import sys

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aura_site.settings")
_django = get_asgi_application()

from aura_site.planes import Planes  # noqa: E402 - Django must be set up before its models

# Requests wait for as long as a thread that computes (a page, the writer of records) keeps
# Python's lock: by default 5 ms, half of what 1,000 streams may be late by.
sys.setswitchinterval(0.001)

application = Planes(_django)
