"""What people see on the page after a change: what it did, how many workers have it, and
the way back."""

from django.contrib import messages
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from brains import arrival
from brains.activation import Outcome, has_same
from brains.admin.doors import may_roll_back, roll_back_url
from brains.admin.sentences import was_overtaken
from brains.canary.sentences import ends_with_change
from brains.trials import named


def tell(
    request: HttpRequest, outcome: Outcome, sentence: str, expected: int | None = None
) -> None:
    """Show the sentence, and what else the change did, once the workers have it: as a
    warning when somebody else's change was replaced. `expected` is the revision that the
    person saw as live."""
    if not outcome.changed:
        messages.info(request, sentence)
        return
    overtaken = was_overtaken(outcome, expected)
    level = messages.WARNING if overtaken else messages.SUCCESS
    parts = (sentence, ends_with_change(outcome.ended_canary), arrival.after(outcome))
    told = " ".join(part for part in parts if part)
    messages.add_message(request, level, _with_undo(request, outcome, told))


def _with_undo(request: HttpRequest, outcome: Outcome, told: str) -> str | SafeString:
    """Put a link behind it to the question before going back to what was live, when that
    had something else."""
    before, now = outcome.replaced, outcome.activation
    if before is None or now is None or has_same(before, now):
        return told
    if not may_roll_back(request):
        return told
    return format_html(
        '{} <a class="aura-undo" href="{}" title="Go back to {}">Undo</a>',
        told,
        roll_back_url(before.revision),
        named(before),
    )
