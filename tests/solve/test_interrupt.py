"""Ctrl-C stops a call at once, however long the wires are that it solves."""

import signal
import time

import pytest

import qtcore as qt
from qtcore import observe

LENGTH = 10**7
BAR = qt.HallBar(4, (1, 5), 2, qt.Box(1.0))
STRIP = qt.Wire(qt.Square(4), qt.Box(1.0))
RIBBON = qt.Wire(qt.Honeycomb(3, "zigzag"), qt.Box(1.0))
BONDS = qt.Wire(qt.Square(4), qt.RandomHopping(0.3))
PAIRED = qt.Wire(qt.Square(3), qt.Box(1.5), terms=(qt.SWavePairing(0.2),))

CALLS = {
    "a bar": lambda length: qt.terminal_scattering(BAR, 0.4, [length], [0], 1),
    "a bar, eliminated": lambda length: qt.terminal_scattering(
        BAR, 0.4, [length], [0], 1, "recursive"
    ),
    "a strip": lambda length: qt.scattering(STRIP, 0.4, [length], [0], 1),
    "a strip, recursive": lambda length: qt.scattering(STRIP, 0.4, [length], [0], 1, "recursive"),
    "a ribbon": lambda length: qt.scattering(RIBBON, 0.4, [length], [0], 1),
    "random bonds": lambda length: qt.scattering(BONDS, 0.4, [length], [0], 1),
    "pairing": lambda length: observe.andreev(PAIRED, 0.1, [length], [0], 1),
}


@pytest.mark.parametrize("name", CALLS)
@pytest.mark.first_cases(3)
def test_ctrl_c_stops_at_once(name):
    call = CALLS[name]
    call(20)  # nothing is left to compile

    def press(*_):
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, press)
    start = time.process_time()
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        with pytest.raises(KeyboardInterrupt):
            call(LENGTH)
        # Compiled loops go a portion of the slices at a time, which takes some tenths of a second of the
        # processor; how long this process waits for one is none of theirs.
        assert time.process_time() - start < 5
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
