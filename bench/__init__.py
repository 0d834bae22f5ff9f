"""`make bench`: Aura beside nginx and other gateways, measured on one core each. Nothing here
is part of Aura."""
