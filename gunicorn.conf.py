"""How gunicorn serves Aura: `gunicorn -c gunicorn.conf.py aura_site.asgi:application`.
Values people set come from Django's settings; each that is not gunicorn's own says why."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

_folder = Path(__file__).parent
sys.path.insert(0, str(_folder))

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


def post_fork(server, worker):  # type: ignore[no-untyped-def]
    # uvloop forgets a signal that comes before it runs, and a HUP may come that early: it
    # has to wait (aura_site/launch/drain.py lets it through).
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})


def post_worker_init(worker):  # type: ignore[no-untyped-def]
    # The application does it, since this worker loaded it: after a HUP it is the new code.
    worker.asgi.attend(worker)


def pre_fork(server, worker):  # type: ignore[no-untyped-def]
    # The workers of this server, and of no other, add up their metrics in this folder.
    if not hasattr(server, "metrics_folder"):
        folder = tempfile.mkdtemp(prefix="aura-metrics-", dir=worker_tmp_dir)
        server.metrics_folder = folder
    worker.metrics_folder = server.metrics_folder


def on_exit(server):  # type: ignore[no-untyped-def]
    shutil.rmtree(server.metrics_folder, ignore_errors=True)
