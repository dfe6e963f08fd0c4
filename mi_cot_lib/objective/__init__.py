"""Room 3: student outputs become loss terms. Knows no files and no text."""
