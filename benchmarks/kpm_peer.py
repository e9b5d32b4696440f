"""Another program's kernel polynomials, run by `bench_kpm.py` in that program's own environment.

    python kpm_peer.py kite 512 2.0 256 16 3

The words are the program (kite, pybinding, kwant), sites of a side of the periodic square, full width W of
the box (units of t), moments, random vectors, repetitions. The answer is one line of JSON: seconds of the
processor for the density of states, the fastest of the repetitions, without making H.

This file imports nothing of qtcore.
"""

import json
import math
import os
import sys
import tempfile
import time


def kite(size, strength, moments, vectors):
    """Return what KITE computes moments with, in double precision and real arithmetic."""
    import kite as program

    lattice = pybinding_lattice()
    disorder = program.Disorder(lattice)
    disorder.add_disorder("A", "Uniform", 0.0, strength / math.sqrt(12))
    reach = (4 + strength / 2) * 1.01
    setting = program.Configuration(
        divisions=[1, 1],
        length=[size, size],
        boundaries=["periodic", "periodic"],
        is_complex=False,
        precision=1,
        spectrum_range=[-reach, reach],
    )
    asked = program.Calculation(setting)
    asked.dos(num_points=100, num_moments=moments, num_random=vectors, num_disorder=1)
    folder = tempfile.mkdtemp()

    def run():
        # KITE writes its result into the file, which is made anew for every run.
        name = os.path.join(folder, f"{time.monotonic_ns()}.h5")  # noqa: PTH118 # like the peer's API
        program.config_system(lattice, setting, asked, disorder=disorder, filename=name)
        start = time.process_time()
        program.execute.kitex(name)
        return time.process_time() - start

    return run


def pybinding(size, strength, moments, vectors):
    """Return the density of states by pybinding, in double precision."""
    import numpy as np
    import pybinding as program

    @program.onsite_energy_modifier(is_double=True)
    def disorder(energy):
        return np.random.default_rng(1).uniform(-strength / 2, strength / 2, energy.shape)

    model = program.Model(
        pybinding_lattice(),
        program.primitive(size, size),
        program.translational_symmetry(size, size),
        disorder,
    )
    reach = (4 + strength / 2) * 1.01
    series = program.kpm(model, energy_range=(-reach, reach), silent=True, num_threads=1)

    def run():
        start = time.process_time()
        series.moments(moments, np.ones(size * size) / size)
        one = time.process_time() - start
        return one * vectors

    return run


def pybinding_lattice():
    """Return the square lattice in pybinding's words, which KITE shares."""
    import pybinding as program

    lattice = program.Lattice(a1=[1, 0], a2=[0, 1])
    lattice.add_sublattices(("A", [0, 0], 0.0))
    lattice.add_hoppings(([1, 0], "A", "A", 1.0), ([0, 1], "A", "A", 1.0))
    return lattice


def kwant(size, strength, moments, vectors):
    """Return the density of states by kwant.kpm; two vectors are timed and counted for all."""
    import numpy as np
    from kwant import kpm as program
    from scipy import sparse

    ring = sparse.csr_matrix(np.roll(np.eye(size), 1, 0) + np.roll(np.eye(size), -1, 0))
    one = sparse.identity(size)
    onsite = np.random.default_rng(1).uniform(-strength / 2, strength / 2, size**2)
    H = sparse.csr_matrix(sparse.kron(ring, one) + sparse.kron(one, ring) + sparse.diags(onsite))
    reach = (4 + strength / 2) * 1.01

    def run():
        start = time.process_time()
        program.SpectralDensity(
            H, num_vectors=2, num_moments=moments, bounds=(-reach, reach), mean=False
        )
        return (time.process_time() - start) / 2 * vectors

    return run


def main(words):
    """Time one program."""
    name, size, strength, moments, vectors, rounds = words
    # What the program itself prints must not stand before the answer.
    answer = os.dup(1)
    os.dup2(2, 1)
    chosen = {"kite": kite, "pybinding": pybinding, "kwant": kwant}[name]
    run = chosen(int(size), float(strength), int(moments), int(vectors))
    seconds = min(run() for _ in range(int(rounds)))
    os.write(answer, (json.dumps({"program": name, "seconds": seconds}) + "\n").encode())


if __name__ == "__main__":
    main(sys.argv[1:])
