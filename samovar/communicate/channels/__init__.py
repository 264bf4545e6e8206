"""Channels: one folder each. A channel turns a claimed row of the ledger into something sent and says what became of it."""
