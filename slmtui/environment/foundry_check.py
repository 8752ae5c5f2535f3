"""The check of the `foundry` command. slmtui deploys without it, through the Foundry Local SDK."""

from __future__ import annotations

import sys

from slmtui.environment import foundry_command
from slmtui.environment.check import Check, CheckStatus
from slmtui.environment.foundry_command import FoundryCommand
from slmtui.events import Cancel

_ID, _TITLE = "foundry-command", "foundry command"
_NEEDED = "any version, optional"
_RELEASES = "https://github.com/microsoft/Foundry-Local/releases"
_INSTALL = {
    "win32": "winget install Microsoft.FoundryLocal",
    "darwin": "brew install microsoft/foundrylocal/foundrylocal",
}


def foundry(cancel: Cancel) -> Check:
    """Whether there is a `foundry` command, its generation, its server's state and its cache folder."""
    command = foundry_command.detect(cancel=cancel)
    if command is None:
        # The guide asks Windows and Mac users for it; on Linux it came late, and few have it.
        status: CheckStatus = "warn" if sys.platform in _INSTALL else "skipped"
        reason = (
            "slmtui deploys through the Foundry Local SDK; the command only adds its own model list and chat."
        )
        fix = _INSTALL.get(sys.platform, f"Previews for Linux: {_RELEASES}")
        return Check(_ID, _TITLE, status, "not installed", _NEEDED, reason, fix)
    if command.problem:
        return Check(
            _ID,
            _TITLE,
            "warn",
            f"{command.path} {command.problem}",
            _NEEDED,
            "It cannot be asked about its models; slmtui deploys through the Foundry Local SDK.",
            "Run `foundry --version` in a terminal; if it does not answer there, install it again: "
            + _INSTALL.get(sys.platform, _RELEASES),
        )
    return _usable(command, cancel)


def _usable(command: FoundryCommand, cancel: Cancel) -> Check:
    state, problem = command.server(cancel=cancel)
    noun = "service" if command.generation == "classic" else "server"
    found = f"{command.version} ({command.generation}), {noun} {state}"
    reason = f"It is {command.path}."
    if problem:
        return Check(
            _ID,
            _TITLE,
            "warn",
            f"{command.version} ({command.generation}), `foundry {noun} status` {problem}",
            _NEEDED,
            f"{reason} Its {noun} cannot be asked; slmtui deploys through the Foundry Local SDK.",
            f"Run `foundry {noun} stop`, then `foundry {noun} start`.",
        )
    # The classic generation starts its service to tell where its cache is; looking must change nothing.
    if command.generation == "modern" or state == "running":
        location = command.cache_location(cancel=cancel)
        found += f", cache {location}" if location is not None else ", cache not told"
    else:
        reason += " It tells where its cache is only while its service runs, which looking must not start."
    return Check(_ID, _TITLE, "ok", found, _NEEDED, reason)
