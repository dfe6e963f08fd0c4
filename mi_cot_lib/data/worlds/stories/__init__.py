"""What the arithmetic world's stories are made of: their words, their sentences and their equations."""
