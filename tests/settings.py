"""The product's own settings, read from a clean environment, with quick passwords."""

from tests.isolation import isolate

isolate()
# Below the call: the product reads the environment when it is imported.
from aura_site.settings import *  # noqa: E402, F403

# Else each client of a test looks at every static file when it is made.
WHITENOISE_AUTOREFRESH = True
# The real ones take most of a second a password, on purpose.
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

# No test asks a provider by the way: those of the check turn it on.
AURA_PREFLIGHT = False
