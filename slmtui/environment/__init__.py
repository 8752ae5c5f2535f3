"""What this machine and this interpreter have, against what a deployment needs."""
