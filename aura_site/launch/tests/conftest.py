"""A project folder in which stand-ins take the place of the model servers."""

import shutil
from pathlib import Path

import pytest
from django.db import connections

from aura_site.launch import lifeline

# Same arguments, answers and way to end as a model server, without a model.
MODEL_SERVER = """
import argparse, json, os, sys, threading
from http.server import BaseHTTPRequestHandler, HTTPServer

CHOICE = {"index": 0, "finish_reason": "stop"}
SAYS = {"role": "assistant", "content": "Yes"}

class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.answer(b"", "text/plain")

    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "input" in asked:
            self.say({"data": [{"index": 0, "embedding": [0.5] * 384}]})
        elif asked.get("stream"):
            chunk = json.dumps({"choices": [CHOICE | {"delta": SAYS}]})
            events = f"data: {chunk}\\n\\ndata: [DONE]\\n\\n"
            self.answer(events.encode(), "text/event-stream")
        else:
            self.say({"choices": [CHOICE | {"message": SAYS}]})

    def say(self, found):
        self.answer(json.dumps(found).encode(), "application/json")

    def answer(self, body, kind):
        self.send_response(200)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

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
