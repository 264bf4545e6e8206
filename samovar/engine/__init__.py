"""The machines: workspace, event log, operational store, outbox, warehouse, blobs and secrets. No business words."""
