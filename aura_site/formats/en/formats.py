"""Dates as Aura's own pages write them (`brains/templatetags/moments.py`): 2026-11-26 21:06 UTC,
the zone that TIME_ZONE sets. For Django's FORMAT_MODULE_PATH."""

DATE_FORMAT = SHORT_DATE_FORMAT = "Y-m-d"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = SHORT_DATETIME_FORMAT = r"Y-m-d H:i \U\T\C"
