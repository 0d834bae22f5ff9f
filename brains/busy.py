"""Was a change given up because another one held the database's lock for too long? It is no
outage: the same change will do a moment later."""

_LOCK_NOT_AVAILABLE = "55P03"  # PostgreSQL, appendix A
_SQLITE = ("database is locked", "database table is locked")


def is_busy(error: BaseException) -> bool:
    """Say whether this error of the database, as Django raises it, means that."""
    if getattr(error.__cause__, "sqlstate", None) == _LOCK_NOT_AVAILABLE:
        return True
    return str(error).startswith(_SQLITE)
