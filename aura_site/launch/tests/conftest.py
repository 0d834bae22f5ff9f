"""A project folder in which stand-ins take the place of the model servers."""

import shutil
from pathlib import Path

import pytest
from django.db import connections

from aura_site.launch import lifeline

# Same arguments and same way to end as a model server, without a model.
MODEL_SERVER = """
import argparse, os, sys, threading
from http.server import BaseHTTPRequestHandler, HTTPServer

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()

parser = argparse.ArgumentParser()
parser.add_argument("--port", type=int)
server = HTTPServer(("127.0.0.1", parser.parse_args().port), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
os._exit(0)
"""


@pytest.fixture
def base(tmp_path):
    """A project folder with such model servers, and nothing that is to be installed."""
    package = tmp_path / "aura_site" / "launch"
    package.mkdir(parents=True)
    for folder in (package.parent, package):
        (folder / "__init__.py").touch()
    for kind in ("chat", "embedding"):
        (package / f"{kind}_server.py").write_text(MODEL_SERVER)
    shutil.copy(Path(lifeline.__file__), package)
    (tmp_path / "requirements-offline.txt").write_text("pytest\n")
    (tmp_path / "data").mkdir()
    return tmp_path


@pytest.fixture
def kept_connection(monkeypatch):
    """Keep the connection that a start closes: the test's transaction lives on it."""
    monkeypatch.setattr(connections, "close_all", lambda: None)
