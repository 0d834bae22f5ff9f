"""The page of the playground, what its script asks for, and the end of a conversation."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from brains import keeping
from brains.live import current
from cognition import people
from cognition.conversations.exchanges import of_turns
from cognition.conversations.models import Conversation
from cognition.doors.body import MESSAGE_MAX
from cognition.playground import earlier, tally
from cognition.playground.access import for_players
from cognition.playground.choices import choices
from cognition.playground.markdown import as_markdown

SHOWN = 40


@require_safe
@for_players
def page(request: HttpRequest) -> HttpResponse:
    """Show the playground: empty, or with an earlier conversation that can go on."""
    conversation = _named(request)
    kept = earlier.turns(conversation) if conversation else []
    person = people.of_staff(request.user)
    offered = choices(current(), person)
    wanted = request.GET.get("preset", "")
    pinned = wanted if wanted in offered["presets"] else ""
    chosen = offered["presets"].get(pinned, {"preset": "", "is_able": True})
    context = {
        "conversation": conversation,
        "earlier": earlier.conversations(person),
        "tally": tally.of_all(),
        "offered": offered,
        "pinned": pinned,
        "pinned_name": chosen["preset"],
        "pinned_mend": "" if chosen["is_able"] else chosen["mend"],
        "unknown": "" if wanted == pinned else wanted[:SHOWN],
        "message_max": MESSAGE_MAX,
        "keeping": keeping.sentence(),
        "data": _data(offered, conversation, earlier.shapes(kept)),
    }
    return render(request, "cognition/playground.html", context)


@require_safe
@for_players
def offered(request: HttpRequest) -> HttpResponse:
    """Answer what one can think with now, for a page that was opened before a change."""
    return JsonResponse(choices(current(), people.of_staff(request.user)))


@require_safe
@for_players
def earlier_list(request: HttpRequest) -> HttpResponse:
    """Answer the list of earlier conversations, for a page on which one has gone on."""
    listed = earlier.conversations(people.of_staff(request.user))
    context = {"conversation": _named(request), "earlier": listed}
    return render(request, "cognition/playground_earlier.html", context)


@require_safe
@for_players
def turns(request: HttpRequest, conversation: UUID) -> HttpResponse:
    """Answer the turns after the one of number `after`, none of a conversation that is not
    there (yet): for a page that lost the stream of a turn."""
    found = earlier.find(people.of_staff(request.user), conversation)
    after = request.GET.get("after", "0")
    first = int(after) if after.isascii() and after.isdecimal() else 0
    kept = earlier.turns(found) if found else []
    newer = [turn for turn in kept if turn.number > first]
    return JsonResponse({"turns": earlier.shapes(newer)})


@require_safe
@for_players
def share(request: HttpRequest, conversation: UUID) -> HttpResponse:
    """Answer a conversation as Markdown."""
    found = _found(request, conversation)
    text = as_markdown(found, earlier.turns(found))
    answer = HttpResponse(text, content_type="text/markdown; charset=utf-8")
    name = f"aura-{found.created_at:%Y-%m-%d}-{found.pk.hex[:8]}.md"
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


@require_POST
@for_players
def delete(request: HttpRequest, conversation: UUID) -> HttpResponse:
    """Delete a conversation, with its memories, what L2 made of it and what is kept of its
    calls."""
    found = _found(request, conversation)
    with transaction.atomic():
        of_turns(found.turns.all()).delete()
        found.delete()
    return redirect("playground")


def _named(request: HttpRequest) -> Conversation | None:
    """Return the conversation that the address names, None where it names none."""
    if not (wanted := request.GET.get("conversation")):
        return None
    try:
        return _found(request, UUID(wanted))
    except ValueError:
        raise Http404 from None


def _found(request: HttpRequest, conversation: UUID) -> Conversation:
    """Return a conversation of whoever asks; that of another is not there for him."""
    found = earlier.find(people.of_staff(request.user), conversation)
    if found is None:
        raise Http404
    return found


def _data(
    offered: dict[str, Any],
    conversation: Conversation | None,
    shapes: list[dict[str, Any]],
) -> dict[str, Any]:
    return {
        "offered": offered,
        "conversation": str(conversation.pk) if conversation else None,
        "turns": shapes,
    }
