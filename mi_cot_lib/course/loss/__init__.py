"""The anatomy of the loss: its terms, the tokens that they pull, padding, the path of training."""
