"""That the bytes are the same: stimuli, the integer reference, a board that answers, and their comparison."""
