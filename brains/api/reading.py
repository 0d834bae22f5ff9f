"""The doors of `/api/` that tell what serves, and what served before."""

from django.http import HttpRequest, HttpResponse, JsonResponse

from brains import live
from brains.api.body import number
from brains.api.door import Caller, Need
from brains.api.shapes import revision_json
from brains.health import explained
from brains.models import Activation
from brains.staff_keys import Scope

VIEW = Need(Scope.READ, "brains.view_modelpreset")
HISTORY = Need(Scope.READ, "brains.view_activation")
LIMIT, LIMIT_MAX = 50, 500


def selection(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Answer with what serves each layer, why, and what that hides."""
    return JsonResponse(explained(live.peek()))


def history(request: HttpRequest, caller: Caller) -> HttpResponse:
    """Answer with the newest revisions, newest first."""
    limit = number(request, "limit", otherwise=LIMIT, largest=LIMIT_MAX)
    newest = Activation.objects.order_by("-revision")[:limit]
    return JsonResponse({"revisions": [revision_json(each) for each in newest]})
