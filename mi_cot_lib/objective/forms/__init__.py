"""The forms of the MI term, one idea a file: two pooled sides in, a loss for each example out."""
