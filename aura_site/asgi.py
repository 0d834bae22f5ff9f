"""What the server runs: the two planes in one process, and what starts with a worker."""

import os

from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "aura_site.settings")
_django = get_asgi_application()

from aura_site.planes import Planes  # noqa: E402 - Django must be set up before its models

application = Planes(_django)
