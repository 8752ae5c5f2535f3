"""Talks to the Hugging Face hub in a process of its own, with the user's own settings and token.

Request: `{"repository", "revision", "patience": seconds}`; reply `found` (`commit`, `files`: name,
bytes, sha256, blob of each).
Then `{"folder", "commit", "names"}`; reply `finished` once all of them lie in `folder`.
Whatever goes wrong is a `refused` (`kinds`: the error's classes and those behind it, `status`, `message`,
`asking`: whether it was about the model, before anything was downloaded).
"""

from __future__ import annotations

from typing import Any

from slmtui import child


def main(link: child.Link) -> None:
    """Answer one question about a model, and download what is asked for then."""
    request = link.receive()
    if request is None:
        return
    try:
        _work(link, request)
    except Exception as error:
        link.send("refused", **_described(error), asking=False)


def _work(link: child.Link, request: dict[str, Any]) -> None:
    from huggingface_hub import HfApi, hf_hub_download

    repository = request["repository"]
    # Without a limit of its own this one waits forever for a hub that takes the call and says nothing.
    try:
        info = HfApi().model_info(
            repository, revision=request["revision"], files_metadata=True, timeout=request["patience"]
        )
    except Exception as error:
        link.send("refused", **_described(error), asking=True)
        return
    files = [
        {
            "name": each.rfilename,
            "bytes": each.size or 0,
            "sha256": each.lfs.sha256 if each.lfs else None,
            "blob": None if each.lfs else each.blob_id,
        }
        for each in info.siblings or ()
    ]
    link.send("found", commit=info.sha, files=files)
    wanted = link.receive()
    if wanted is None:
        return
    for name in wanted["names"]:
        hf_hub_download(repository, name, revision=wanted["commit"], local_dir=wanted["folder"])
    link.send("finished")


def _described(error: BaseException) -> dict[str, Any]:
    kinds: list[str] = []
    status = None
    behind: BaseException | None = error
    while behind is not None and len(kinds) < 50:
        kinds += [kind.__name__ for kind in type(behind).__mro__]
        status = status or getattr(getattr(behind, "response", None), "status_code", None)
        behind = behind.__cause__ or behind.__context__
    return {"kinds": kinds, "status": status, "message": str(error)}


if __name__ == "__main__":
    child.run(main)
