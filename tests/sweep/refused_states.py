"""Definitions for `test_state.py` that read from outside, and what beside `solve` makes no numbers.

Tables as in `states.py`, which puts the first one to its own.
"""

REFUSED = {
    "a file": ("reads a file", "T = np.loadtxt('table.txt')\n", "T.sum()"),
    "a file in solve": ("solve reads a file", "", "float(open('table.txt').read())"),
    "a file by pathlib": (
        "reads a file",
        "from pathlib import Path\nT = float(Path('table.txt').read_text())\n",
        "T",
    ),
    "a file by a path's method": (
        "reads a file",
        "from pathlib import Path\nwith Path('table.txt').open() as f: T = float(f.read())\n",
        "T",
    ),
    "a file by json": ("reads a file", "import json\nT = json.load(open('t.json'))\n", "T"),
    "an environment variable": (
        "os.environ",
        "import os\nN = float(os.environ.get('N', 3))\n",
        "N",
    ),
    "an environment variable by name": (
        "getenv",
        "from os import getenv\nN = getenv('N', 3)\n",
        "N",
    ),
    "an environment variable in solve": ("os.environ", "import os\n", "float(os.environ['N'])"),
    "arguments": ("sys.argv", "import sys\nN = len(sys.argv)\n", "N"),
    "the clock": ("the clock", "import time\nNOW = time.time()\n", "NOW"),
    "the date": ("the clock", "from datetime import datetime\nN = datetime.now()\n", "N.year"),
    "the host": ("process or host", "import platform\nN = platform.node()\n", "len(N)"),
    "the folder": ("os.getcwd", "import os\nN = os.getcwd()\n", "len(N)"),
    "__file__": ("__file__", "N = __file__\n", "len(N)"),
    "a neighbouring file": (
        "neighbour_of_mine is no installed package",
        "from neighbour_of_mine import N\n",
        "N",
    ),
    "a neighbouring file for its effects": (
        "neighbour_of_mine is no installed package",
        "import neighbour_of_mine\n",
        "1",
    ),
    "a file beside a package": ("beside the definition", "from . import other\n", "other.N"),
    "configparser": (
        "reads a file",
        'import configparser\nc = configparser.ConfigParser()\nc.read("t.ini")\n',
        'c["a"]["n"]',
    ),
    "a parser of XML": (
        "reads a file",
        'import xml.etree.ElementTree as ET\nT = ET.parse("t.xml")\n',
        "T",
    ),
    "linecache": ("reads a file", 'import linecache\nN = linecache.getline("t", 1)\n', "N"),
    "fileinput": ("reads a file", 'import fileinput\nN = list(fileinput.input("t"))\n', "N"),
    "FileIO": ("reads a file", 'import io\nN = io.FileIO("t").read()\n', "N"),
    "bz2": ("reads a file", 'import bz2\nN = bz2.BZ2File("t").read()\n', "N"),
    "lzma": ("reads a file", 'import lzma\nN = lzma.LZMAFile("t").read()\n', "N"),
    "zipfile": ("reads a file", 'import zipfile\nN = zipfile.ZipFile("t").namelist()\n', "N"),
    "tarfile": ("reads a file", 'import tarfile\nN = tarfile.TarFile("t").getnames()\n', "N"),
    "what a file is": ("reads a file", 'import os\nN = os.stat("t").st_size\n', "N"),
    "the size of a file": ("reads a file", 'import os.path\nN = os.path.getsize("t")\n', "N"),
    "whether a file exists": ("reads a file", 'from os.path import exists\nN = exists("t")\n', "N"),
    "whether a path exists": (
        "reads a file",
        'from pathlib import Path\nN = Path("t").exists()\n',
        "N",
    ),
    "files of a folder": (
        "reads a file",
        'from pathlib import Path\nN = len(list(Path("t").glob("*")))\n',
        "N",
    ),
    "a module by name": (
        "reads a file",
        'import importlib\nN = importlib.import_module("t").N\n',
        "N",
    ),
    "a module by a builtin": ("reads a file", 'N = __import__("neighbour_of_mine").N\n', "N"),
    "runpy": ("reads a file", 'import runpy\nN = runpy.run_path("t.py")["N"]\n', "N"),
    "a file by a star": ("reads a file", 'from numpy import *\nN = loadtxt("t")\n', "N"),
    "a file by getattr": ("reads a file", 'N = getattr(np, "loadtxt")("t")\n', "N"),
    "variables in a path": (
        "process or host",
        'import os\nN = len(os.path.expandvars("$HOME"))\n',
        "N",
    ),
    "a home": ("process or host", 'from pathlib import Path\nN = Path("~").expanduser()\n', "N"),
    "posix": ("process or host", "import posix\nN = len(posix.environ)\n", "N"),
    "a parent": ("process or host", "import os\nN = os.getppid()\n", "N"),
    "cores": ("process or host", "import multiprocessing\nN = multiprocessing.cpu_count()\n", "N"),
    "cores of a process": ("process or host", "import os\nN = len(os.sched_getaffinity(0))\n", "N"),
    "the path of modules": ("process or host", "import sys\nN = len(sys.path)\n", "N"),
    "ctypes": ("process or host", "import ctypes\nN = ctypes.CDLL(None).getpid()\n", "N"),
    "a monotonic clock": ("the clock", "import time\nN = time.monotonic()\n", "N"),
    "the time in words": ("the clock", 'from time import strftime\nN = int(strftime("%Y"))\n', "N"),
    "a day of NumPy": ("the clock", 'N = np.datetime64("today").astype(int)\n', "N"),
    "a run of its own": (
        "a run that the same text starts",
        "N = [1]\nN.append(qt.run('x'))\n",
        "N",
    ),
}
"""For each kind a part of the message, the text before `solve`, and what solve returns."""

QUIET = {
    "a test beside it": (
        "import pytest\n@pytest.mark.slow\ndef test_it(): assert solve(None, range(1)) == 1\n",
        "1",
    ),
    "a kernel for a figure": (
        "import numba\n@numba.njit\ndef smooth(x): return x + N\nN = 3\n",
        "1",
    ),
    "matplotlib": ("import matplotlib\nmatplotlib.use('Agg')\n", "1"),
    "its settings": ("import matplotlib.pyplot as plt\nplt.rcParams['font.size'] = 8\n", "1"),
    "a workflow": ("workflow = qt.Workflow(wire=len, presets={'a': qt.Preset(x=1)})\n", "1"),
    "presets from a function": (
        "def preset(n): return qt.Preset(x=qt.Axis(range(n), whole=True))\nP = {'a': preset(3)}\n",
        "1",
    ),
    "presets by item": ("P = {}\nP['a'] = qt.Preset(x=1)\n", "1"),
    "presets from a loop": ("P = {}\nfor n in (1, 2): P[str(n)] = qt.Preset(x=n)\n", "1"),
    "energies of a preset": ("E = np.round(np.linspace(-1, 1, 5), 6).tolist()\n", "np.pi"),
    "words of a figure": ("N = 3\nTITLE = f'N = {N:g}'.upper()\n", "N"),
    "a list of labels": ("N = 3\nLABELS = []\nLABELS.append(N)\n", "N"),
    "a function that draws": ("import matplotlib\ndef draw(ds): return matplotlib.use(ds)\n", "1"),
    "a comment by print": ("N = 3\nprint(N)\n", "N"),
    "a script's own run": ("if __name__ == '__main__': qt.run(workflow)\n", "1"),
    "a run in a notebook": (
        "workflow = qt.Workflow(wire=len)\nds = qt.run(workflow)\nds.x.plot()\n",
        "1",
    ),
    "an open store": ("ds = qt.open('x')\nprint(ds)\nds.x.mean().plot()\n", "1"),
    "pandas": ("import pandas as pd\nT = pd.DataFrame({'a': [1]})\nT['b'] = 2\n", "1"),
    "a number's type": ("N: int = 3\n", "1"),
}
"""What makes no numbers: the text before `solve` and what solve returns; nothing of it counts."""
