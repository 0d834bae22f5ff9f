"""The way from one embedding model to another: vectors of the new one beside those of the
old, then the switch, then a grace time in which the way back is instant."""
