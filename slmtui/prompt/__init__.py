"""The prompt template: derived from the model, edited, validated, written."""
