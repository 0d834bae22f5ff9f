"""How gunicorn serves Aura: `gunicorn -c gunicorn.conf.py aura_site.asgi:application`.
Values people set come from Django's settings; each that is not gunicorn's own says why."""

import json
import os
import subprocess
import sys
from pathlib import Path

_folder = Path(__file__).parent
sys.path.insert(0, str(_folder))

from aura_site.launch.drain import close_idle_on_stop  # noqa: E402

_found = subprocess.run(
    [sys.executable, "-m", "aura_site.server_values"],
    cwd=_folder,
    env={"DJANGO_SETTINGS_MODULE": "aura_site.settings", **os.environ},
    stdout=subprocess.PIPE,
)
if _found.returncode:
    sys.exit(_found.returncode)
_values = json.loads(_found.stdout)

bind = _values["bind"]
workers = _values["workers"]
loglevel = _values["loglevel"]
proc_name = "aura"

# One event loop per worker serves both planes and holds streams open without threads.
# No preload, and no settings in the master: each worker loads Aura itself, so that after a
# HUP it serves the new .env and the new code.
worker_class = "asgi"
# A worker that cannot load what it needs must not answer anybody.
asgi_lifespan = "on"

# A worker's loop that is silent for so long hangs; streams do not silence it. Also the
# most that a request's body may pause.
timeout = 60
graceful_timeout = 30
# Longer than the 60 s of nginx and most balancers: who reuses connections must be the one
# who closes them, else it sends a request into a connection that is just closing.
keepalive = 75

# As long as nginx takes by default; gunicorn's own 4,094 bytes cut long admin filters.
limit_request_line = 8190

# Workers show that they live by touching a file; on a disk that is busy this can block.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108

# The gateway writes one line per call; gunicorn's own lines go to stderr.
accesslog = None
errorlog = "-"

# Else each instance of this user would open the same socket in the home folder.
control_socket_disable = True

post_worker_init = close_idle_on_stop
