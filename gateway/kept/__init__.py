"""Exchanges of clients with models, kept for a few days where the operator switched that on."""
