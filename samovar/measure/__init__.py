"""Did it work: the summary of the workspace, cohorts, and what each campaign earned, with its interval."""
