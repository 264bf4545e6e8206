"""Pure grammar with no input or output: moments, money, numbers, text, hashes, errors. Imports nothing of the house."""
