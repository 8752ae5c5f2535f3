"""The ways a model gets into a cache folder, and what each of them gives Foundry Local to find.

| method | the weights | the scanner | the SDK |
|---|---|---|---|
| `copy` | copied | finds it | registered |
| `link` | hard links: no room, no time; either folder can go without harm | finds it | registered |
| `symlink` | symbolic links, also from another disk; the source has to stay | finds it | registered |
| `register` | stay where they are, nothing is copied | does not look there | registered |

Text (JSON, tokenizer, chat template) is copied by all but `register`: people and tools edit it in place.
"""

from __future__ import annotations

from typing import Literal, TypeAlias, get_args

Method: TypeAlias = Literal["copy", "link", "symlink", "register"]
METHODS: tuple[Method, ...] = get_args(Method)

FIRST_VERSION = 1
# The SDK keeps a version as a C `int`.
LAST_VERSION = 2**31 - 1


def folder_name(name: str, version: int) -> str:
    """The folder below `custom/`: `my-model`, and `my-model@2` beside it for the second version.

    Not `my-model/2`: to the scanner a model is a leaf, and it would not look into `my-model`. No name has an
    `@` in it (`deployment.check_name`), so no other model can want that folder.
    """
    return name if version == FIRST_VERSION else f"{name}@{version}"


def written_name(name: str, version: int) -> str:
    """The `Name` in inference_model.json: as in the guide for the first version, with `:2` for the second.

    The scanner takes `my-model:2` as it is, and makes `my-model:0` of a name without a version; the SDK has
    what it was registered under, `my-model:1` and `my-model:2`.
    """
    return name if version == FIRST_VERSION else f"{name}:{version}"
