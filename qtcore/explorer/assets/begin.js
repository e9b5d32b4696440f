/* ------------------------------------------------------------------------------------------ begin */

/** Look at runs that go on, and take what they have finished meanwhile. */
async function poll() {
  const begun = performance.now();
  try {
    state.runs = await source.runs();
    const { view } = state;
    if (view) {
      const now = await source.summary(view.run);
      if (now.state !== state.summary.state) {
        state.summary = now;
        state.view = settled(view, now, true);
        await loadNumbers();
      } else state.summary = now;
    } else if (state.runs.some((run) => !run.problem)) {
      await chooseRun(state.runs.find((run) => !run.problem).id);
    }
    showRuns();
    el("gone").hidden = true;
    if (state.refused) tell("");
    state.refused = false;
  } catch (problem) {
    el("gone").hidden = Boolean(problem.answered);
    if (problem.answered) {
      showRuns();
      tell(problem);
      state.refused = true;
    }
  }
  // A look at 100,000 points takes seconds: no more than a tenth of the time goes into looking.
  setTimeout(poll, Math.max(POLL, REST * (performance.now() - begun)));
}

async function begin() {
  source = QTCORE.mode === "file" ? fileSource(QTCORE) : liveSource(QTCORE.token);
  el("quantity").addEventListener("change", (event) => {
    state.view = settled({ ...state.view, quantity: event.target.value }, state.summary);
    closePoint();
    loadNumbers().catch(tell);
  });
  for (const name of ["xlog", "ylog", "plain"]) {
    el(name).addEventListener("change", (event) => {
      state.view[name] = event.target.checked;
      draw();
    });
  }
  el("download").addEventListener("click", download);
  el("close").addEventListener("click", closePoint);
  el("plots").addEventListener("keydown", byKeys);
  window.addEventListener("resize", () => state.numbers && draw());
  window.addEventListener("hashchange", () => {
    const asked = readAddress();
    chooseRun(asked.run || state.view.run, asked).catch(tell);
  });
  state.runs = await source.runs();
  showRuns();
  const asked = readAddress();
  const good = state.runs.filter((run) => !run.problem);
  const first = good.find((run) => run.id === asked.run) || good[0];
  if (first) await chooseRun(first.id, asked.run ? asked : { roles: {}, at: {}, along: {} });
  else tell("There is no run here that can be read.");
  document.body.dataset.ready = "yes";
  if (source.live) setTimeout(poll, POLL);
}

begin().catch(tell);
