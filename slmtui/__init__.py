"""slmtui: from a fine-tuned small language model to a verified local deployment."""

__version__ = "0.1.0"
