"""The precision lab: a model in several precisions, made, measured, judged and compared in one table."""
