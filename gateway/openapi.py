"""`GET /openapi.json`: what the gateway takes and answers, as an OpenAPI 3.1 document. It is
kept by hand in `openapi.json`; only the version is filled in."""

from pathlib import Path

import orjson
from django.conf import settings

from gateway.request import Request

SOURCE = Path(__file__).with_suffix(".json")


def prepared() -> bytes:
    """Return the document as it is served."""
    document = orjson.loads(SOURCE.read_bytes())
    document["info"]["version"] = settings.AURA_VERSION
    return orjson.dumps(document)


async def openapi(request: Request) -> None:
    """Answer the document."""
    document = orjson.Fragment(request.around.openapi)
    await request.answer(200, document)
