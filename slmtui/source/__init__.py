"""What the user brings: folders, files and samples, inspected before anything runs."""
