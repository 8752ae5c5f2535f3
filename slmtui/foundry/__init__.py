"""Foundry Local: its cache folders, its command, its SDK, and what slmtui puts there."""
