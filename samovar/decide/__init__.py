"""What to do: campaigns as experiments, who is assigned to which variant or to the control group, and the registry of actions."""
