"""All that is kept of one person: counted, given out, deleted."""
