"""The child process that asks the hub one question, so that a name server that hangs holds nobody up.

`python -m slmtui.environment.hub_probe URL` prints one line of JSON: `status`, the HTTP code, or `problem`.
The user's token, if there is one, is sent to that address alone, and never printed. Proxies are taken from
the environment, as everywhere.
"""

from __future__ import annotations

import http.client
import json
import sys
import urllib.error
import urllib.request

from slmtui.environment.hub_settings import token

_SECONDS = 8.0


class _Stay(urllib.request.HTTPRedirectHandler):
    """A redirect is an answer. It is not followed: where it leads is not where the user wanted to ask."""

    def redirect_request(self, *_: object) -> None:
        """Do not follow."""
        return


def probe(url: str) -> dict[str, object]:
    """Ask for `url`'s headers."""
    request = urllib.request.Request(url, method="HEAD")  # noqa: S310  (the caller makes it http or https)
    if found := token():
        request.add_unredirected_header("Authorization", f"Bearer {found}")
    try:
        with urllib.request.build_opener(_Stay).open(request, timeout=_SECONDS) as answer:
            return {"status": answer.status}
    except urllib.error.HTTPError as error:
        return {"status": error.code}
    except (OSError, ValueError) as error:  # URLError and what the certificates may be up to
        return {"problem": str(getattr(error, "reason", error))}
    except http.client.HTTPException as error:  # its text may quote the address, with what is private in it
        return {"problem": f"no address or no answer of the web ({type(error).__name__})"}


if __name__ == "__main__":
    print(json.dumps(probe(sys.argv[1])))
