"""The ways in: edge, office, worker, sender and command line. Only doors read the clock, and only doors know all rooms."""
