"""The other end of `kwant_peer.py` and `kwant_system_peer.py`: starts it, asks it, and waits for its answer.

While Kwant computes, this process sleeps, and the other way round: both run on the same core in
turn, with one thread each.
"""

import json
import os
import subprocess
import tempfile
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

import qtcore as qt

ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


class PeerError(RuntimeError):
    """The Kwant process could not be started or died; its own message went to stderr."""


class KwantPeer:
    """A process with Kwant in it, for as long as the `with` block lasts.

    Parameters
    ----------
    folder : path
        Virtual environment made by `install_kwant.sh`.
    script : str
        What runs in it, a file of this folder.

    Raises
    ------
    PeerError
        If there is no interpreter in the folder or Kwant does not start.
    """

    def __init__(self, folder: Path, script: str = "kwant_peer.py") -> None:
        python = folder / "bin" / "python"
        if not python.exists():
            raise PeerError(
                f"no Kwant environment in {folder} (no {python}); "
                "make one with: sh benchmarks/install_kwant.sh FOLDER"
            )
        self._exchange = tempfile.TemporaryDirectory(prefix="qtcore-kwant-")
        self._process = subprocess.Popen(
            [str(python), str(Path(__file__).with_name(script))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, **ONE_THREAD},
            text=True,
        )
        self.versions = self._answer()

    def __enter__(self) -> Self:
        """Return the peer itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End the process and remove the exchanged files."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()
        self._exchange.cleanup()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise PeerError(f"Kwant ended with exit code {self._process.wait()}; see its message")
        return json.loads(line)

    @property
    def folder(self) -> Path:
        """Folder for files that both read."""
        return Path(self._exchange.name)

    def ask(self, command: str, **arguments: object) -> Any:
        """Return the answer to a request."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"command": command, **arguments}) + "\n")
        self._process.stdin.flush()
        return self._answer()

    def prepare(
        self,
        wire: qt.Wire,
        length: int,
        energy: float,
        options: dict[str, dict[str, object] | None],
    ) -> dict[str, Any]:
        """Build a wire (`kwant_peer.System`); return the MUMPS options of each variant.

        The answer has `options`, and `build_seconds` and `modes_seconds` (of both leads), which
        the times of a realization leave out.

        `options` names the variants to make ready; where its value is None, the fastest options
        are found by trial.
        """
        slices, path = wire.slices(), Path(self._exchange.name) / "slices.npz"
        names = ("h", "v", "lead_h", "lead_v")
        matrices = {name: getattr(slices, name) for name in names}
        np.savez(path, **matrices, **(_structured(wire, length) if wire.structure else {}))
        system = {
            "slices": str(path),
            "orbitals": wire.orbitals,
            "length": length,
            "energy": energy,
        }
        answer: dict[str, Any] = self.ask("prepare", system=system, options=options)
        return answer

    def measure(
        self, variant: str, ensemble: NDArray[np.float64]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Solve each realization of `ensemble` (realization, slice, site) once.

        Returns
        -------
        seconds, g : (realization,) float arrays
        """
        path = Path(self._exchange.name) / "onsite.npy"
        np.save(path, ensemble)
        answer = self.ask("measure", variant=variant, onsite=str(path))
        return np.array(answer["seconds"]), np.array(answer["g"])


def _structured(wire: qt.Wire, length: int) -> dict[str, Any]:
    """Return h and v of every slice, the couplings to the leads, and which sites are there."""
    slices, M = wire.slices(), wire.width
    hopping = wire.hopping_of(np.zeros(1, dtype=np.uint64), 0, length, 0)
    gone = wire.missing_sites(0, length)
    return {
        "inside": hopping.inside.dense(M)[:, 0],
        "ahead": hopping.ahead.dense(M)[:, 0],
        "left": slices.left_contact,
        "right": slices.right_contact,
        "there": np.ones((length, M), dtype=bool) if gone is None else ~gone,
    }
