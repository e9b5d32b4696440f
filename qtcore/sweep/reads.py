"""What reads files, the process, the clock and chance: paths of functions, names and methods."""

FILE, PLACE, CLOCK = "a file", "the process or host that it runs in", "the clock"

DAY = "the clock (day or hour)"
"""A clock so coarse that calling a function twice does not show that it is read."""

CHANCE = "random numbers without a seed"

HASH = "the hash of a text, which every process chooses anew"

READS = {
    "glob.": FILE,
    "bz2.BZ2File": FILE,
    "bz2.open": FILE,
    "codecs.open": FILE,
    "configparser.": FILE,
    "dbm.": FILE,
    "fileinput.": FILE,
    "gzip.GzipFile": FILE,
    "gzip.open": FILE,
    "h5py.": FILE,
    "importlib.import_module": FILE,
    "importlib.machinery": FILE,
    "importlib.reload": FILE,
    "importlib.resources": FILE,
    "importlib.util.module_from_spec": FILE,
    "importlib.util.spec_from": FILE,
    "io.FileIO": FILE,
    "io.open": FILE,
    "joblib.load": FILE,
    "linecache.": FILE,
    "lzma.LZMAFile": FILE,
    "lzma.open": FILE,
    "mmap.": FILE,
    "json.load": FILE,
    "numpy.DataSource": FILE,
    "numpy.fromfile": FILE,
    "numpy.fromregex": FILE,
    "numpy.genfromtxt": FILE,
    "numpy.lib.format": FILE,
    "numpy.lib.npyio": FILE,
    "numpy.load": FILE,
    "numpy.memmap": FILE,
    "os.access": FILE,
    "os.listdir": FILE,
    "os.lstat": FILE,
    "os.path.exists": FILE,
    "os.path.getatime": FILE,
    "os.path.getctime": FILE,
    "os.path.getmtime": FILE,
    "os.path.getsize": FILE,
    "os.path.is": FILE,
    "os.path.lexists": FILE,
    "os.path.samefile": FILE,
    "os.readlink": FILE,
    "os.scandir": FILE,
    "os.stat": FILE,
    "os.walk": FILE,
    "pkgutil.": FILE,
    "pandas.read_": FILE,
    "pickle.load": FILE,
    "requests.": FILE,
    "runpy.": FILE,
    "shelve.": FILE,
    "tarfile.": FILE,
    "scipy.io.": FILE,
    "sqlite3.": FILE,
    "tomllib.load": FILE,
    "urllib.request": FILE,
    "urllib.robotparser": FILE,
    "xml.dom.": FILE,
    "xml.etree.ElementTree.iterparse": FILE,
    "xml.etree.ElementTree.parse": FILE,
    "xml.sax.": FILE,
    "xarray.load_": FILE,
    "xarray.open_": FILE,
    "zarr.": FILE,
    "zipfile.": FILE,
    "zipimport.": FILE,
    "_thread.": PLACE,
    "ctypes.CDLL": PLACE,
    "ctypes.PyDLL": PLACE,
    "ctypes.cdll": PLACE,
    "ctypes.pydll": PLACE,
    "ctypes.pythonapi": PLACE,
    "ctypes.util": PLACE,
    "dask.distributed.get_worker": PLACE,
    "distributed.get_worker": PLACE,
    "getpass.": PLACE,
    "locale.": PLACE,
    "multiprocessing.active_children": PLACE,
    "multiprocessing.cpu_count": PLACE,
    "multiprocessing.current_process": PLACE,
    "multiprocessing.parent_process": PLACE,
    "multiprocessing.process": PLACE,
    "os.cpu_count": PLACE,
    "os.environ": PLACE,
    "os.getcwd": PLACE,
    "os.getenv": PLACE,
    "os.getlogin": PLACE,
    "os.getgid": PLACE,
    "os.getloadavg": PLACE,
    "os.getpgid": PLACE,
    "os.getpgrp": PLACE,
    "os.getpid": PLACE,
    "os.getppid": PLACE,
    "os.getsid": PLACE,
    "os.getuid": PLACE,
    "os.path.abspath": PLACE,
    "os.path.expand": PLACE,
    "os.path.realpath": PLACE,
    "os.popen": PLACE,
    "os.process_cpu_count": PLACE,
    "os.sched_getaffinity": PLACE,
    "os.sysconf": PLACE,
    "os.system": PLACE,
    "os.times": PLACE,
    "os.uname": PLACE,
    "pathlib.Path.cwd": PLACE,
    "pathlib.Path.home": PLACE,
    "platform.": PLACE,
    "posix.": PLACE,
    "psutil.": PLACE,
    "pwd.": PLACE,
    "resource.": PLACE,
    "shutil.": PLACE,
    "socket.": PLACE,
    "subprocess.": PLACE,
    "sys.argv": PLACE,
    "sys.executable": PLACE,
    "sys.orig_argv": PLACE,
    "sys.path": PLACE,
    "sys.prefix": PLACE,
    "sys.stdin": PLACE,
    "tempfile.": PLACE,
    "threading.active_count": PLACE,
    "threading.activeCount": PLACE,
    "threading.current_thread": PLACE,
    "threading.currentThread": PLACE,
    "threading.enumerate": PLACE,
    "threading.get_ident": PLACE,
    "threading.get_native_id": PLACE,
    "threading.main_thread": PLACE,
    "time.altzone": PLACE,
    "time.daylight": PLACE,
    "time.mktime": PLACE,
    "time.timezone": PLACE,
    "time.tzname": PLACE,
    "time.tzset": PLACE,
    "uuid.getnode": PLACE,
    "datetime.date.today": DAY,
    "datetime.datetime.now": CLOCK,
    "datetime.datetime.today": CLOCK,
    "datetime.datetime.utcnow": CLOCK,
    "time.asctime": DAY,
    "time.clock": CLOCK,
    "time.ctime": DAY,
    "time.get_clock_info": CLOCK,
    "time.gmtime": DAY,
    "time.localtime": DAY,
    "time.monotonic": CLOCK,
    "time.perf_counter": CLOCK,
    "time.process_time": CLOCK,
    "time.pthread_getcpuclockid": CLOCK,
    "time.strftime": DAY,
    "time.thread_time": CLOCK,
    "time.time": CLOCK,
    "timeit.": CLOCK,
    "pandas.Timestamp.now": CLOCK,
    "pandas.Timestamp.today": CLOCK,
    "pandas.Timestamp.utcnow": CLOCK,
    "os.urandom": CHANCE,
    "secrets.": CHANCE,
    "random.SystemRandom": CHANCE,
    "uuid.uuid1": CHANCE,
    "uuid.uuid4": CHANCE,
    "uuid.uuid6": CHANCE,
    "uuid.uuid7": CHANCE,
    "uuid.uuid8": CHANCE,
}
"""Beginnings of the paths of what reads these."""

EXACT = {"json.load", "pickle.load", "tomllib.load"}
"""Of these the whole path counts: `json.loads` reads a text."""

ENOUGH = {"time.asctime": 1, "time.ctime": 1, "time.gmtime": 1, "time.strftime": 2}
"""With so many arguments these take a moment that is given, and read no clock."""

SEEDED = (
    "numpy.random.default_rng",
    "numpy.random.Generator",
    "numpy.random.RandomState",
    "numpy.random.SeedSequence",
    "numpy.random.MT19937",
    "numpy.random.PCG64",
    "numpy.random.PCG64DXSM",
    "numpy.random.Philox",
    "numpy.random.SFC64",
    "random.Random",
)
"""Makers of generators, which take one without a seed from the operating system."""

SEEDING = {"numpy.random": ("seed", "set_state"), "random": ("seed", "setstate")}
"""Generators that all share, and what gives them a state."""

NAMES = {"open": FILE, "input": PLACE, "__file__": PLACE, "__import__": FILE, "hash": HASH}

METHODS = {"read_text": FILE, "read_bytes": FILE}

OF_PATHS = {
    "exists": FILE,
    "expanduser": PLACE,
    "glob": FILE,
    "is_dir": FILE,
    "is_file": FILE,
    "iterdir": FILE,
    "lstat": FILE,
    "rglob": FILE,
    "stat": FILE,
}
"""Methods of paths. They count where the text has paths, and no function of its own of that name."""

MEMORY = frozenset({"split", "splitlines", "StringIO", "BytesIO", "TextIOWrapper"})
"""What these return is in memory, so that reading it reads no file."""

ADDING = frozenset({"append", "extend", "insert", "setdefault", "update"})
"""Methods by which a statement changes a setting of the process without reading it."""

LOADING = (CLOCK, CHANCE)
"""Only loading may not read these. Inside functions a rehearsal finds out whether they matter."""

TO_DO = {
    FILE: "write its numbers into the definition, or put it into an installed package, whose "
    "version is kept in the store",
    PLACE: "make it a constant of the preset (`qt.Preset(..., name=value)`, `--set name=value`), "
    "which functions find in their point",
    **dict.fromkeys(
        (CLOCK, DAY, CHANCE),
        "make it a constant of the preset, which functions find in their point; random numbers "
        "come from `np.random.default_rng([point.seed, realization])`",
    ),
    HASH: "random numbers come from `np.random.default_rng([point.seed, realization])`; where a "
    "text has to be a number, take `zlib.crc32(text.encode())`",
}
