"""L3's call of a turn as an exchange that can be rehearsed, where exchanges are kept
(AURA_KEEP_PROMPTS). It is written and deleted with its turn, so that who is forgotten has none."""

import logging
import time
from typing import Any

from django.db.models import QuerySet
from django.db.models.fields.json import KT

from cognition.conversations.models import Turn
from cognition.turns.thought import Thought
from gateway.kept.keeper import KEEPER
from gateway.kept.models import KeptExchange
from gateway.kept.reply import StreamedReply
from gateway.kept.rows import Noted, row_of
from gateway.kept.sealing import seal
from gateway.underway import Call

logger = logging.getLogger(__name__)

NAME = str(KeptExchange._meta.verbose_name_plural)


def listener(thought: Thought) -> StreamedReply | None:
    """Return what is to hear L3's reply; None where its exchange is not kept."""
    return StreamedReply() if KEEPER.is_on and thought.asked.keeps else None


def noted(call: Call, body: dict[str, Any], heard: StreamedReply) -> Noted:
    """Return an exchange that went well and ended just now."""
    return Noted(call, body, heard, heard.length, time.monotonic() - call.began)


def keep_exchange(exchange: Noted) -> None:
    """Seal an exchange and write it, in the transaction of its turn. Without a key the turn is
    kept all the same."""
    try:
        key = seal()
    except OSError as error:
        logger.warning("An exchange cannot be kept (%s).", type(error).__name__)
        return
    row_of(exchange, key).save()


def of_turns(turns: QuerySet[Turn]) -> QuerySet[KeptExchange]:
    """Return the exchanges of these turns that are kept still."""
    calls = turns.order_by().annotate(l3_call=KT("stamps__l3__call")).values("l3_call")
    return KeptExchange.objects.filter(call_id__in=calls)
