"""Lists: people as they were when somebody kept them, for what no rule can say. A list is a segment over one event of each."""
