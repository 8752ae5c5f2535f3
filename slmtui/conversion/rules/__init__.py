"""What is looked for in an Olive configuration: one file a subject, each a list of rules."""
