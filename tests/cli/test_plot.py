"""`qtcore plot` and what `qtcore figure` leaves beside a store."""

import shutil
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import qtcore as qt
from qtcore.sweep import task as task_module

Command = Callable[..., Any]

DEFINITION = '''
    """Numbers around a known mean."""
    import numpy as np
    import qtcore as qt


    def solve(point, realizations):
        rng = [np.random.default_rng([7, n, int(10 * point.gate)]) for n in realizations]
        return {"x": np.array([one.normal(point.gate * point.width, 1.0) for one in rng])}


    def measure(at):
        return {"level": qt.estimate.mean(at.x)}


    def expect(at):
        return {"level": at.gate * at.width}


    workflow = qt.Workflow(
        "levels", "Levels", "Counts.",
        {"quick": qt.Preset(gate=(1.0, 2.0, 3.0), width=(2, 4), realizations=32)},
        solve=solve, variables=[qt.Variable("x", units="t", long_name="level of the sample")],
        quantities=[qt.Quantity("level", units="t", long_name="level", source="its definition")],
        measure=measure, expect=expect,
        panels=(qt.Line("level", "gate", colour="width"), qt.Line("level", "width", colour="gate")),
    )
'''


@pytest.fixture(scope="module")
def run_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the definition and a finished store of it."""
    folder = tmp_path_factory.mktemp("levels")
    (folder / "levels.py").write_text(textwrap.dedent(DEFINITION), encoding="utf-8")
    qt.run(folder / "levels.py", store=folder / "a.zarr", cluster="threads", progress=False)
    return folder


@pytest.fixture
def levels(run_once: Path, here: Path) -> Path:
    """The definition, in the current folder with a store of its own."""
    shutil.copytree(run_once, here, dirs_exist_ok=True)
    return here / "levels.py"


@pytest.mark.usefixtures("levels")
def test_a_picture_and_its_numbers_lie_beside_the_store_and_are_not_replaced(
    qtcore: Command, here: Path
) -> None:
    command = ("plot", "a.zarr", "--y", "level", "--x", "gate", "--hue", "width")
    said = qtcore(*command)
    assert said.code == 0, said.err
    picture, table = here / "a.level-gate-by_width.png", here / "a.level-gate-by_width.csv"
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert picture.name in said.out
    assert table.name in said.out
    read = pd.read_csv(table, comment="#")
    assert list(read.columns)[:3] == ["width", "gate", "level"]
    assert read["level_theory"].tolist() == (read["width"] * read["gate"]).tolist()
    assert "theory (its definition)" in table.read_text(encoding="utf-8")
    before = picture.read_bytes(), table.read_bytes()
    again = qtcore(*command)
    assert again.code == 2
    assert "exists, and is not replaced: give another name, or --force" in again.err
    assert (picture.read_bytes(), table.read_bytes()) == before
    picture.write_bytes(b"precious")
    assert qtcore(*command, "--force").code == 0
    assert picture.read_bytes() != b"precious"


@pytest.mark.usefixtures("levels")
def test_files_are_where_and_what_they_are_asked_to_be(qtcore: Command, here: Path) -> None:
    said = qtcore(
        *("plot", "a.zarr", "--hist", "x", "--hue", "gate", "--select", "width=4", "--bins", "7"),
        *("--to", "out.svg", "--data", "numbers.csv", "--style", "column"),
    )
    assert said.code == 0, said.err
    assert (here / "out.svg").read_bytes().startswith(b"<?xml")
    assert len(pd.read_csv(here / "numbers.csv", comment="#")) == 3 * 7
    figure = qt.plot("a.zarr", "mean(x)", x="gate", select={"width": 2}, to="b.pdf")
    assert figure.get_figwidth() == 3.5
    assert (here / "b.pdf").read_bytes().startswith(b"%PDF")
    assert (here / "b.csv").exists()


@pytest.mark.usefixtures("levels")
@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--y", "levl"), "did you mean level"),
        (
            ("--y", "mean(x)", "--select", "gate=9"),
            "there is no gate = 9; the nearest are 2.0, 3.0",
        ),
        (("--y", "mean(x)", "--select", "gate"), "--select is given as NAME=VALUES"),
        (
            ("--y", "mean(x)", "--select", "gate=1", "--select", "gate=2"),
            "--select names gate twice",
        ),
        (("--y", "mean(x)", "--to", "out.jpg"), "got 'out.jpg'"),
        (("--y", "mean(x)", "--to", "nowhere/out.png"), "there is no folder nowhere"),
        (("--y", "mean(x)", "--data", "out.txt"), "a table .csv"),
        (("--y", "mean(x)", "--style", "wall"), "there is no style 'wall'"),
        ((), "say what to plot"),
    ],
)
def test_bad_input_writes_nothing(
    qtcore: Command, here: Path, words: tuple[str, ...], told: str
) -> None:
    before = {path.name for path in here.iterdir()}
    said = qtcore("plot", "a.zarr", *words)
    assert said.code == 2
    assert told in " ".join(said.err.split())
    assert {path.name for path in here.iterdir()} == before


@pytest.mark.slow
def test_a_store_behind_a_url_is_drawn_like_a_folder(
    qtcore: Command, levels: Path, here: Path, s3: str
) -> None:
    store = f"{s3}/c.zarr"
    qt.run(levels, store=store, cluster="threads", progress=False)
    assert qtcore("plot", store, "--y", "mean(x)", "--x", "gate", "--to", "out.png").code == 0
    assert qtcore("plot", "a.zarr", "--y", "mean(x)", "--x", "gate", "--to", "a.png").code == 0
    far, near = (pd.read_csv(here / name, comment="#") for name in ("out.csv", "a.csv"))
    assert far.equals(near)
    said = qtcore("figure", store, "--format", "svg")
    assert said.code == 0, said.err
    assert {"c.svg", "c.caption.txt", "c.panels"} <= {Path(line).name for line in said.out.split()}


@pytest.mark.usefixtures("levels")
def test_a_figure_leaves_captions_and_a_table_for_each_panel(qtcore: Command, here: Path) -> None:
    said = qtcore(
        "figure", "a.zarr", "--style", "two-columns", "--format", "svg", "--format", "pdf"
    )
    assert said.code == 0, said.err
    names = {Path(line).name for line in said.out.split()}
    assert names == {"a.svg", "a.pdf", "a.caption.txt", "a.panels", "a.analysis.zarr"}
    caption = (here / "a.caption.txt").read_text(encoding="utf-8")
    assert caption.startswith("a.zarr: levels quick, 192 realizations over all points, seed 1.")
    assert "(b) Level (t), against sites across (sites)" in " ".join(caption.split())
    read = pd.read_csv(here / "a.panels" / "b.csv", comment="#")
    assert {"gate", "width", "level", "level_error", "level_theory"} <= {*read.columns}
    figure = qt.figure("a.zarr", style="slides")
    assert figure.get_figwidth() / figure.get_figheight() == pytest.approx(16 / 9)
    said = qtcore("figure", "a.zarr", "--format", "gif")
    assert said.code == 2
    assert "got 'gif'" in said.err


@pytest.mark.usefixtures("levels")
def test_tables_of_somebody_else_stay_and_those_of_panels_that_are_gone_go(
    qtcore: Command, here: Path
) -> None:
    assert qtcore("figure", "a.zarr").code == 0
    folder = here / "a.panels"
    (folder / "z.csv").write_bytes((folder / "a.csv").read_bytes())
    (folder / "mine.csv").write_text("1,2\n")
    assert qtcore("figure", "a.zarr").code == 0
    assert {path.name for path in folder.iterdir()} == {"a.csv", "b.csv", "mine.csv"}
    (folder / "a.csv").write_text("precious")
    said = qtcore("figure", "a.zarr")
    assert said.code == 3
    assert "a.csv is no table that qtcore has written" in " ".join(said.err.split())
    assert (folder / "a.csv").read_text() == "precious"


@pytest.mark.slow
@pytest.mark.usefixtures("definition")
@pytest.mark.parametrize("words", [("figure",), ("plot", "--y", "mean(ln_g)")])
def test_a_store_without_finished_points_has_no_picture(
    qtcore: Command, monkeypatch: pytest.MonkeyPatch, here: Path, words: tuple[str, ...]
) -> None:
    def cursed(*_: Any) -> Any:
        raise RuntimeError("cursed")

    task_module._opened.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(task_module, "solve", cursed)
        assert qtcore("run", "trial", "--cluster", "threads", "--store", "e.zarr").code == 3
    said = qtcore(words[0], "e.zarr", *words[1:])
    assert said.code == 3
    assert "e.zarr holds none of its 32 realizations yet" in " ".join(said.err.split())
    assert not [path for path in here.iterdir() if path.suffix in (".png", ".csv")]


@pytest.mark.usefixtures("levels")
def test_numbers_that_are_in_the_way_are_told_with_the_option(qtcore: Command, here: Path) -> None:
    (here / "mine.csv").write_text("mine")
    command = ("plot", "a.zarr", "--y", "level", "--to", "mine.pdf")
    said = qtcore(*command)
    assert said.code == 2
    assert "the numbers behind mine.pdf go there, or to --data FILE.csv" in said.err
    assert qtcore(*command, "--data", "other.csv").code == 0
    assert (here / "mine.csv").read_text() == "mine"
    said = qtcore(*command, "--data", "other.csv")
    assert "--data FILE.csv" not in said.err, "the picture is in the way now"
