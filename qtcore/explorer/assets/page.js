/* ------------------------------------------------------------------------------------- the page */

const state = { runs: [], summary: null, numbers: null, view: null, facets: [], drawn: null };
let source;

const el = (id) => document.getElementById(id);

function make(tag, given = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, one] of Object.entries(given)) {
    if (name.startsWith("on")) made.addEventListener(name.slice(2), one);
    else if (name === "text") made.textContent = one;
    else if (one !== false && one !== undefined) made.setAttribute(name, one === true ? "" : one);
  }
  made.append(...children);
  return made;
}

function tell(problem) {
  el("problem").textContent = problem ? String(problem.message || problem) : "";
  el("problem").hidden = !problem;
}

function quantityOf(view, summary) {
  return summary.quantities.find((q) => `${q.name}/${q.statistic}` === view.quantity);
}

/** Write the view into the address, so that it can be copied, kept and gone back to. */
function writeAddress(view) {
  const words = new URLSearchParams({ run: view.run, show: view.quantity });
  for (const [dim, role] of Object.entries(view.roles)) {
    const more = { slider: view.at[dim] || 0, x: view.along[dim] || "" }[role] ?? "";
    words.set(`role.${dim}`, more === "" ? role : `${role}:${more}`);
  }
  for (const name of ["xlog", "ylog", "plain"]) if (view[name]) words.set(name, "1");
  const address = `#${words}`;
  if (address !== location.hash) history.replaceState(null, "", address);
}

function readAddress() {
  const words = new URLSearchParams(location.hash.slice(1));
  const view = { run: words.get("run"), quantity: words.get("show"), roles: {}, at: {}, along: {} };
  for (const [name, one] of words) {
    if (!name.startsWith("role.")) continue;
    const [role, more] = one.split(":");
    view.roles[name.slice(5)] = role;
    if (role === "x" && more) view.along[name.slice(5)] = more;
    else if (more) view.at[name.slice(5)] = Number(more);
  }
  for (const name of ["xlog", "ylog", "plain"]) view[name] = words.get(name) === "1";
  return view;
}

/** Make a view one that its quantity can have: each dimension with one role, indices that exist.
 *
 * A view that is `chosen` keeps its roles, also if none of them is x.
 */
function settled(view, summary, chosen = false) {
  const names = summary.quantities.map((q) => `${q.name}/${q.statistic}`);
  if (!names.length) return null;
  const quantity = names.includes(view.quantity) ? view.quantity : names[0];
  const found = summary.quantities[names.indexOf(quantity)];
  const kept = chosen && quantity === view.quantity && found.dims.every((dim) => dim in view.roles);
  const roles = kept ? view.roles : firstRoles(found, summary, view.roles);
  const [at, along] = [{}, {}];
  for (const dim of found.dims) {
    const asked = (view.along || {})[dim];
    if (placesAlong(summary.axes[dim]).includes(asked)) along[dim] = asked;
    const last = summary.axes[dim].values.length - 1;
    at[dim] = Math.min(Math.max(0, Math.trunc(view.at[dim]) || 0), last);
  }
  return { ...view, quantity, roles, at, along };
}

async function chooseRun(run, view = {}) {
  const before = state.view || { roles: {}, at: {}, along: {} };
  tell("");
  state.summary = await source.summary(run);
  const asked = { ...before, ...view, run };
  state.view = settled(asked, state.summary);
  closePoint();
  await loadNumbers();
  showRuns();
}

async function loadNumbers() {
  if (!state.view) {
    state.numbers = null;
    el("plots").replaceChildren();
    el("plots").textContent = state.summary.note || "This run stores nothing that can be shown.";
    return;
  }
  const quantity = quantityOf(state.view, state.summary);
  state.numbers = await source.numbers(state.view.run, quantity);
  showControls();
  draw();
}

/** Give a dimension a role; another one that has it, where only one can, takes the slider. */
function setRole(dim, role) {
  const { roles } = state.view;
  for (const other of Object.keys(roles)) {
    const only = role === "x" || role === "y" || role === "colour";
    const meets = roles[other] === role || (role === "y" && roles[other] === "colour") ||
      (role === "colour" && roles[other] === "y");
    if (other !== dim && only && meets) roles[other] = roles[dim] === role ? "slider" : roles[dim];
    if (roles[other] === role && other !== dim && only) roles[other] = "slider";
  }
  roles[dim] = role;
  showControls();
  draw();
}

function showRuns() {
  const items = state.runs.map((run) => {
    const chosen = state.view && run.id === state.view.run;
    const done = `${Math.floor(100 * run.finished)}\u00a0%`;
    const seeds = `${run.seeds.length === 1 ? "seed" : "seeds"} ${run.seeds.join(", ")}`;
    return make(
      "button",
      {
        class: chosen ? "run chosen" : "run",
        "aria-current": chosen ? "true" : undefined,
        disabled: Boolean(run.problem),
        title: run.problem || run.store,
        onclick: () => chooseRun(run.id).catch(tell),
      },
      make("span", { class: "name", text: run.name }),
      make("span", { class: "about", text: run.problem ? run.problem : `${run.workflow} · ${run.preset} · ${seeds} · ${done}` }),
    );
  });
  el("runs").replaceChildren(...items);
  const { summary } = state;
  if (!summary) return;
  const how = summary.done >= summary.blocks ? "finished" : `${summary.done} of ${summary.blocks} blocks`;
  el("title").textContent = `${summary.workflow} · ${summary.preset}`;
  el("standing").textContent = `${how}${summary.running ? ", running" : ""} · ${duration(summary.core_seconds)} of a core · ${summary.store}`;
  el("note").textContent = summary.note || "";
}

function showControls() {
  const { view, summary } = state;
  const quantity = quantityOf(view, summary);
  const groups = {};
  for (const q of summary.quantities) {
    const group = q.statistic === "result" ? "analysis" : q.statistic === "estimate" ? "estimates" : `samples of ${q.name}`;
    (groups[group] = groups[group] || []).push(
      make("option", {
        value: `${q.name}/${q.statistic}`,
        text: !isStored(q) ? q.name : `${q.statistic} of ${q.name}`,
        selected: q === quantity,
      }),
    );
  }
  const choices = Object.entries(groups).map(([label, options]) => make("optgroup", { label }, ...options));
  el("quantity").replaceChildren(...choices);
  el("meaning").textContent = quantity.label;
  const rows = quantity.dims
    .filter((dim) => summary.axes[dim].values.length > 1)
    .map((dim) => roleRow(dim, view, summary));
  el("roles").replaceChildren(...rows);
  for (const name of ["xlog", "ylog", "plain"]) el(name).checked = view[name];
}

function roleRow(dim, view, summary) {
  const options = ROLES.map((role) =>
    make("option", { value: role, text: role, selected: view.roles[dim] === role }),
  );
  const select = make(
    "select",
    { id: `role-${dim}`, onchange: (event) => setRole(dim, event.target.value) },
    ...options,
  );
  const row = make(
    "div",
    { class: "role" },
    make("label", { for: `role-${dim}`, text: nameOf(dim, summary), title: summary.axes[dim].label }),
    select,
  );
  const parameters = placesAlong(summary.axes[dim]);
  if (view.roles[dim] === "x" && parameters.length) {
    row.append(
      make("label", { for: `along-${dim}`, class: "along", text: "along" }),
      make(
        "select",
        {
          id: `along-${dim}`,
          title: "Cases that differ in other parameters are curves of their own.",
          onchange: (event) => {
            view.along = event.target.value ? { ...view.along, [dim]: event.target.value } : {};
            draw();
          },
        },
        make("option", { value: "", text: "the cases one by one", selected: !view.along[dim] }),
        ...parameters.map((name) =>
          make("option", { value: name, text: name, selected: view.along[dim] === name }),
        ),
      ),
    );
  }
  if (view.roles[dim] === "slider") {
    const shown = make("output", { text: valueOf(dim, view.at[dim], summary) });
    row.append(
      make("input", {
        type: "range",
        id: `slider-${dim}`,
        "aria-label": `value of ${dim}`,
        min: 0,
        max: summary.axes[dim].values.length - 1,
        value: view.at[dim],
        oninput: (event) => {
          view.at[dim] = Number(event.target.value);
          shown.textContent = valueOf(dim, view.at[dim], summary);
          draw();
        },
      }),
      shown,
    );
  }
  return row;
}
