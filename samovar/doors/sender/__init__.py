"""The sender: claims planned messages, fills, signs and delivers them; one to start, more by lease."""
