"""What a model is worth, measured: against its source, against the clock, against what it should say."""
