"""Reports that people make and keep, boards of them, and their way to a mailbox."""
