"""What people are told while exchanges with models are kept (AURA_KEEP_PROMPTS)."""

from django.conf import settings

from brains.wording import counted


def sentence() -> str:
    """Say that exchanges are kept, and for how long; "" where none are."""
    if not settings.AURA_KEEP_PROMPTS:
        return ""
    days = counted(settings.AURA_KEEP_PROMPTS_DAYS, "day")
    return f"Exchanges are kept for {days}, encrypted (AURA_KEEP_PROMPTS)."
