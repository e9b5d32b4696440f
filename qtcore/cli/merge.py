"""`qtcore merge`: runs put together in a new store."""

from typing import Annotated

import typer

from qtcore.cli import show
from qtcore.cli.options import Trust
from qtcore.cli.signals import ctrl_c_while_working


def merge_stores(
    stores: Annotated[list[str], typer.Argument(metavar="A B …", help="Two stores or more.")],
    to: Annotated[
        str,
        typer.Option(
            "--to", metavar="C", help="Folder or URL of the new store; nothing may be there."
        ),
    ],
    trust: Trust = False,
) -> None:
    """Put runs of one sweep together in a new store: other seeds, or other points.

    The stores themselves stay as they are. Realizations of different seeds are lined up, with the seed
    of each as a coordinate. What would count twice is refused, and so are stores of different sweeps,
    field by field.
    """
    from qtcore.answers.merge import merge

    ctrl_c_while_working()
    merge(*stores, to=to, trust=trust)
    show.files([to])
