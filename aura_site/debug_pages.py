"""What Django's own pages of failures, which DEBUG shows, must hide beside what it hides."""

import re

from django.views.debug import SafeExceptionReporterFilter


class ExceptionFilter(SafeExceptionReporterFilter):
    """Hides settings that are secrets although their names do not say so: the address of a
    webhook lets whoever knows it write there, and the rungs have what people typed."""

    hidden_settings = re.compile(
        rf"{SafeExceptionReporterFilter.hidden_settings.pattern}|WEBHOOK|_RUNG|EMAIL|DOTENV",
        re.IGNORECASE,
    )
