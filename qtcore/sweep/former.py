"""Programs of shipped definitions that stand in older stores, and what they are written like now.

Both make the same bits (tests/sweep/test_former.py), so that these stores continue; what they hold
stays word for word what it is.
"""

import hashlib

FORMER = {
    # fluctuations: `impurity_site` stood in the library.
    "bf864b3ec827a031d27e055721e76b632bcc7c983afd3ab2e022d9b068ebf32f": "43be0d7f4f2100c3d5c52a43f75b0934d19294788ef75293f8809c6aeae17fe3",
}
"""From the SHA-256 of the text of a former program to that of the present one."""


def is_former(stored: str, asked: str = "") -> bool:
    """Whether a stored program is a former text of the one that is asked for, or of any."""
    present = FORMER.get(_digest(stored))
    return present is not None and (not asked or present == _digest(asked))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
