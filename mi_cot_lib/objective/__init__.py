"""Student outputs become loss terms. Knows no files and no text."""
