"""Watching live counters: an alert opens when a figure lies beyond its line, once, and closes when it is back."""
