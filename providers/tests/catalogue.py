"""A server with lists of models: OpenRouter's for chat and for embeddings, or any other's."""

import http.server
import json
import threading
from typing import Any, Self

KEY = "sk-provider-canary-0123456789"


def model(
    model_id: str, sent: Any = "0.000001", answered: Any = "0.000002", **rest: Any
) -> Any:
    """Return a model as OpenRouter lists it."""
    pricing = {"prompt": sent, "completion": answered, "request": "0", "image": "0"}
    names = {"id": model_id, "name": model_id}
    return {**names, "created": 1_700_000_000, "pricing": pricing, **rest}


class Catalogue:
    """Answers a GET by what `pages` has for its path: models, a JSON object, a body in bytes, or a
    status."""

    def __init__(self) -> None:
        self.pages: dict[str, Any] = {
            "/v1/models": [model("a/one")],
            "/v1/embeddings/models": [model("a/vectors", "0.00000002", "0")],
        }
        self.heard: list[tuple[str, str]] = []
        self.redirect = ""
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                outer.heard.append((self.path, self.headers.get("Authorization", "")))
                status, body = outer._page(self.path)
                self.send_response(status)
                if outer.redirect:
                    self.send_header("Location", outer.redirect)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/v1"

    def __enter__(self) -> Self:
        serve = self._server.serve_forever
        threading.Thread(target=serve, args=(0.01,), daemon=True).start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _page(self, path: str) -> tuple[int, bytes]:
        page = self.pages.get(path, 404)
        if isinstance(page, int):
            return page, b"{}"
        if isinstance(page, bytes):
            return 200, page
        whole = page if isinstance(page, dict) else {"data": page}
        return 200, json.dumps(whole).encode()
