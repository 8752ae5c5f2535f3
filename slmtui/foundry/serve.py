"""Serving a deployed model to other programs, with the web service of the Foundry Local SDK.

The SDK's web service speaks OpenAI's protocol on the loopback address. It answers for the models that its
public catalog names; whether the deployed one is among them is asked before anybody is told an address.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from slmtui.events import Event


@dataclass(frozen=True, slots=True)
class Serving(Event):
    """The service runs: the base address for OpenAI's clients (`http://127.0.0.1:…/v1`), the model's name."""

    kind: ClassVar[str] = "serving"
    url: str
    model: str
