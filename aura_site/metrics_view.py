"""`/metrics` for people: staff may read the figures in their session. Programs come with a key
and are answered by the gateway (`gateway.metrics.endpoint.is_scrape`)."""

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from gateway.metrics.endpoint import METRICS
from gateway.metrics.text import CONTENT_TYPE


@require_safe
@never_cache
def metrics(request: HttpRequest) -> HttpResponse:
    """Show the figures to staff; send other people to sign in."""
    if request.user.is_active and request.user.is_staff:
        return HttpResponse(METRICS.text(), content_type=CONTENT_TYPE)
    return redirect_to_login(request.get_full_path(), reverse("admin:login"))
