"use strict";
/* The explorer: one page for live stores and for a file that holds its numbers itself.
 *
 * A view is a quantity and one role for each of its dimensions: x, y (of a map), colour, facet,
 * slider (one value at a time) or average. Everything that is drawn follows from the view and from
 * the numbers, and the view stands in the address of the page.
 */

const ROLES = ["x", "y", "colour", "facet", "slider", "average"];
const MOST_FACETS = 12; // more would be too small to read
const MOST_CURVES = 60; // more cannot be told apart, colour bar or not
const NAMED_CURVES = 8; // up to here a legend; beyond it a colour bar
const MARKERS = ["circle", "square", "triangle", "diamond", "inverted_triangle", "hex", "star", "plus"];
const UNFINISHED = "#9a9a9a";
const POLL = 2000; // milliseconds between looks at runs that go on

/* ------------------------------------------------------------------ where the numbers come from */

/** Numbers from the server that printed this page's address. */
function liveSource(token) {
  async function ask(path, binary) {
    const answer = await fetch(path, { headers: { "X-Qtcore-Token": token } });
    if (!answer.ok) {
      throw new Error((await answer.text()) || `${answer.status} ${answer.statusText}`);
    }
    return binary ? answer : answer.json();
  }
  return {
    live: true,
    runs: () => ask("api/runs"),
    summary: (run) => ask(`api/summary?${new URLSearchParams({ run })}`),
    async numbers(run, quantity) {
      const of = new URLSearchParams({ run, name: quantity.name, statistic: quantity.statistic });
      const answer = await ask(`api/numbers?${of}`, true);
      const parts = Number(answer.headers.get("X-Qtcore-Parts"));
      const all = new Float64Array(await answer.arrayBuffer());
      const size = all.length / parts;
      const part = (n) => (n < parts ? all.subarray(n * size, (n + 1) * size) : null);
      return { values: part(0), errors: part(1), theory: part(2) };
    },
    point: (run, at, name) =>
      ask(`api/point?${new URLSearchParams({ run, name, at: JSON.stringify(at) })}`),
  };
}

/** Numbers that stand in this file. */
function fileSource(held) {
  function numbers(text) {
    if (!text) return null;
    const bytes = Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
    return new Float32Array(bytes.buffer);
  }
  const keyOf = (at, name) => `${name}/${Object.keys(at).sort().map((d) => `${d}=${at[d]}`).join("/")}`;
  return {
    live: false,
    runs: async () => held.runs,
    summary: async (run) => held.summaries[run],
    async numbers(run, quantity) {
      const found = held.numbers[run][`${quantity.name}/${quantity.statistic}`];
      return {
        values: numbers(found.values),
        errors: numbers(found.errors),
        theory: numbers(found.theory),
      };
    },
    async point(run, at, name) {
      const found = held.points[run][keyOf(at, name)];
      if (!found) throw new Error("This file holds no samples of this point. A live explorer has them.");
      const { swept } = held.summaries[run];
      const point = Object.fromEntries(swept.map((dim) => [dim, at[dim]]));
      return { ...found, traces: held.traces[run][keyOf(point, name)] || null };
    },
  };
}

/* ------------------------------------------------------------------------- from numbers to curves */

/** Return how far apart neighbours along each dimension lie in the flat numbers. */
function strides(dims, axes) {
  const found = {};
  let step = 1;
  for (const dim of [...dims].reverse()) {
    found[dim] = step;
    step *= axes[dim].values.length;
  }
  return found;
}

/** Call `visit` with an index for each combination along some dimensions. */
function* combinations(dims, axes) {
  const sizes = dims.map((dim) => axes[dim].values.length);
  const total = sizes.reduce((a, b) => a * b, 1);
  for (let number = 0; number < total; number += 1) {
    let rest = number;
    const at = {};
    for (let n = dims.length - 1; n >= 0; n -= 1) {
      at[dims[n]] = rest % sizes[n];
      rest = Math.floor(rest / sizes[n]);
    }
    yield at;
  }
}

/** Return mean, error and theory at one place, averaged where the view says so.
 *
 * Points of different disorder are independent, and their errors add in squares. Points with the same
 * disorder are not; their errors are then averaged, which is an upper bound.
 */
function value(numbers, offset, steps, averaged, axes, common) {
  if (!averaged.length) {
    const theory = numbers.theory ? numbers.theory[offset] : NaN;
    return { y: numbers.values[offset], error: numbers.errors[offset], theory, of: 1 };
  }
  let [sum, squares, errors, theory, of, known] = [0, 0, 0, 0, 0, 0];
  for (const at of combinations(averaged, axes)) {
    const here = averaged.reduce((o, dim) => o + at[dim] * steps[dim], offset);
    if (!Number.isFinite(numbers.values[here])) continue;
    of += 1;
    sum += numbers.values[here];
    squares += numbers.errors[here] ** 2;
    errors += numbers.errors[here];
    if (numbers.theory && Number.isFinite(numbers.theory[here])) {
      theory += numbers.theory[here];
      known += 1;
    }
  }
  if (!of) return { y: NaN, error: NaN, theory: NaN, of };
  const error = averaged.some((dim) => common.includes(dim)) ? errors / of : Math.sqrt(squares) / of;
  return { y: sum / of, error, theory: known === of ? theory / of : NaN, of };
}

/** Return finished and wanted realizations of the points of the sweep that a place stands for. */
function finishedAt(summary, at) {
  const steps = strides(summary.swept, summary.axes);
  const free = summary.swept.filter((dim) => !(dim in at));
  let [count, wanted] = [Infinity, 0];
  for (const rest of combinations(free, summary.axes)) {
    const whole = { ...at, ...rest };
    const place = summary.swept.reduce((o, dim) => o + whole[dim] * steps[dim], 0);
    if (summary.counts[place] < count) [count, wanted] = [summary.counts[place], summary.wanted[place]];
    if (free.length > 3) break;
  }
  return { count, wanted };
}

/** Return the facets of a view, each with its curves, each with its points. */
function facetsOf(view, summary, quantity, numbers) {
  const { axes } = summary;
  const steps = strides(quantity.dims, axes);
  const of = (role) => quantity.dims.filter((dim) => view.roles[dim] === role);
  const [x, y] = [of("x")[0], of("y")[0]];
  const averaged = of("average");
  const fixed = of("slider").reduce((o, dim) => o + (view.at[dim] || 0) * steps[dim], 0);
  const start = Object.fromEntries(of("slider").map((dim) => [dim, view.at[dim] || 0]));
  const found = [];
  for (const facet of combinations(of("facet"), axes)) {
    const curves = [];
    for (const colour of combinations(y ? [y] : of("colour"), axes)) {
      const points = [];
      for (const along of combinations(x ? [x] : [], axes)) {
        const at = { ...start, ...facet, ...colour, ...along };
        const shown = { ...facet, ...colour, ...along };
        const offset = Object.keys(shown).reduce((o, dim) => o + shown[dim] * steps[dim], fixed);
        const here = value(numbers, offset, steps, averaged, axes, summary.common_disorder);
        const { count, wanted } = finishedAt(summary, at);
        const place = x && !axes[x].text ? axes[x].values[along[x]] : (along[x] || 0);
        points.push({ x: place, ...here, at, count, wanted });
      }
      curves.push({ at: colour, points });
    }
    found.push({ at: facet, curves });
  }
  return found;
}

/** Return the roles that a quantity begins with: lengths along x, then colour, facet and sliders. */
function firstRoles(quantity, summary, before) {
  const long = quantity.dims.filter((dim) => summary.axes[dim].values.length > 1);
  const wanted = { ...before };
  const roles = {};
  for (const dim of quantity.dims) {
    if (dim in wanted && ROLES.includes(wanted[dim])) roles[dim] = wanted[dim];
  }
  const taken = (role) => Object.values(roles).includes(role);
  const sizeOf = (dim) => summary.axes[dim].values.length;
  const longest = [...long].sort((a, b) => sizeOf(b) - sizeOf(a))[0];
  const first = long.includes("length") ? "length" : longest;
  if (!taken("x") && first) roles[first] = "x";
  const rest = long.filter((dim) => !(dim in roles));
  rest.sort((a, b) => summary.axes[b].values.length - summary.axes[a].values.length);
  for (const dim of rest) {
    const size = summary.axes[dim].values.length;
    if (!taken("colour") && !taken("y") && size <= MOST_CURVES) roles[dim] = "colour";
    else if (!taken("facet") && size <= 4) roles[dim] = "facet";
    else roles[dim] = "slider";
  }
  for (const dim of quantity.dims) roles[dim] = roles[dim] || "slider";
  return roles;
}

/* ------------------------------------------------------------------------------------- in words */

function short(number) {
  if (typeof number === "string") return number;
  if (!Number.isFinite(number)) return "–";
  return String(Number(number.toPrecision(6)));
}

/** Return a number with its error in brackets, such as 1.234(5). */
function withError(number, error) {
  if (!Number.isFinite(number)) return "–";
  if (!(error > 0)) return short(number);
  const digits = Math.max(0, -Math.floor(Math.log10(error)) + (error / 10 ** Math.floor(Math.log10(error)) < 2 ? 1 : 0));
  if (digits > 12) return short(number);
  const scaled = Math.round(error * 10 ** digits);
  return digits ? `${number.toFixed(digits)}(${scaled})` : `${Math.round(number)}(${Math.round(error)})`;
}

function nameOf(dim, summary) {
  const { units } = summary.axes[dim];
  return units ? `${dim} (${units})` : dim;
}

function valueOf(dim, index, summary) {
  return `${dim} = ${short(summary.axes[dim].values[index])}`;
}

function labelOf(quantity) {
  const short_name = quantity.symbol && quantity.symbol.length < 24 ? quantity.symbol : quantity.name;
  const name = quantity.statistic === "result" ? short_name : `${quantity.statistic} of ${quantity.name}`;
  return quantity.units ? `${name} (${quantity.units})` : name;
}

function duration(seconds) {
  if (!(seconds >= 0)) return "an unknown time";
  if (seconds < 90) return `${short(Number(seconds.toPrecision(2)))} s`;
  if (seconds < 5400) return `${(seconds / 60).toFixed(0)} min`;
  return `${(seconds / 3600).toPrecision(2)} h`;
}

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
    words.set(`role.${dim}`, role === "slider" ? `slider:${view.at[dim] || 0}` : role);
  }
  for (const name of ["xlog", "ylog", "plain"]) if (view[name]) words.set(name, "1");
  const address = `#${words}`;
  if (address !== location.hash) history.replaceState(null, "", address);
}

function readAddress() {
  const words = new URLSearchParams(location.hash.slice(1));
  const view = { run: words.get("run"), quantity: words.get("show"), roles: {}, at: {} };
  for (const [name, one] of words) {
    if (!name.startsWith("role.")) continue;
    const [role, index] = one.split(":");
    view.roles[name.slice(5)] = role;
    if (index) view.at[name.slice(5)] = Number(index);
  }
  for (const name of ["xlog", "ylog", "plain"]) view[name] = words.get(name) === "1";
  return view;
}

/** Make a view one that its quantity can have: each dimension with one role, indices that exist. */
function settled(view, summary) {
  const names = summary.quantities.map((q) => `${q.name}/${q.statistic}`);
  if (!names.length) return null;
  const quantity = names.includes(view.quantity) ? view.quantity : names[0];
  const found = summary.quantities[names.indexOf(quantity)];
  const roles = firstRoles(found, summary, view.roles);
  const at = {};
  for (const dim of found.dims) {
    const last = summary.axes[dim].values.length - 1;
    at[dim] = Math.min(Math.max(0, Math.trunc(view.at[dim]) || 0), last);
  }
  return { ...view, quantity, roles, at };
}

async function chooseRun(run, view = {}) {
  const before = state.view || { roles: {}, at: {} };
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
    const done = run.problem ? "damaged" : `${Math.floor(100 * run.finished)} %`;
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
      make("span", { class: "about", text: run.problem ? run.problem : `${run.workflow} · ${run.preset} · seed ${run.seed} · ${done}` }),
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
    const group = q.statistic === "result" ? "analysis" : `samples of ${q.name}`;
    (groups[group] = groups[group] || []).push(
      make("option", {
        value: `${q.name}/${q.statistic}`,
        text: q.statistic === "result" ? q.name : `${q.statistic} of ${q.name}`,
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

/* --------------------------------------------------------------------------------------- drawing */

function draw() {
  const begun = performance.now();
  const { view, summary, numbers } = state;
  const quantity = quantityOf(view, summary);
  writeAddress(view);
  const sizes = (role) =>
    quantity.dims
      .filter((dim) => view.roles[dim] === role)
      .reduce((product, dim) => product * summary.axes[dim].values.length, 1);
  const problem =
    sizes("facet") > MOST_FACETS
      ? `${sizes("facet")} facets are too many to read (at most ${MOST_FACETS}): give one of them a slider.`
      : sizes("colour") > MOST_CURVES
        ? `${sizes("colour")} curves are too many to tell apart (at most ${MOST_CURVES}): use a slider or a map (role y).`
        : "";
  tell(problem);
  if (problem) return;
  state.facets = facetsOf(view, summary, quantity, numbers);
  const is_map = quantity.dims.some((dim) => view.roles[dim] === "y");
  const form = JSON.stringify([view.run, view.quantity, view.roles, view.xlog, view.ylog, view.plain,
    el("plots").clientWidth]);
  if (!state.drawn || state.drawn.form !== form || is_map) {
    el("plots").replaceChildren();
    const ranges = commonRanges(state.facets, view, is_map);
    const plots = state.facets.map((facet) => (is_map ? mapOf : curvesOf)(facet, quantity, ranges));
    state.drawn = { form, plots, ranges };
    // One document for all, as facets share their ranges.
    Bokeh.Plotting.show(plots.map((plot) => plot.figure), el("plots")).catch(tell);
  } else {
    const { ranges, plots } = state.drawn;
    Object.assign(ranges.y, limits(state.facets, "y", view.ylog));
    plots.forEach((plot, n) => plot.update(state.facets[n]));
  }
  el("summary").textContent = inWords(state.facets, summary, view, quantity);
  window.qtcoreView = { milliseconds: performance.now() - begun, facets: state.facets, view, quantity };
}

/** Return the ends of an axis around everything that is drawn, errors included. */
function limits(facets, which, log) {
  let [low, high] = [Infinity, -Infinity];
  for (const { curves } of facets) {
    for (const { points } of curves) {
      for (const point of points) {
        if (!Number.isFinite(point.y)) continue;
        const error = which === "y" && point.error > 0 ? point.error : 0;
        for (const one of which === "y" ? [point.y - error, point.y + error, point.theory] : [point.x]) {
          if (!Number.isFinite(one) || (log && one <= 0)) continue;
          low = Math.min(low, one);
          high = Math.max(high, one);
        }
      }
    }
  }
  if (!(low <= high)) return { start: log ? 0.1 : 0, end: 1 };
  if (log) return { start: low / 1.15, end: high * 1.15 };
  const room = 0.06 * (high - low) || 0.05 * Math.abs(high) || 0.5;
  return { start: low - room, end: high + room };
}

function commonRanges(facets, view, is_map) {
  return {
    x: new Bokeh.Range1d(limits(facets, "x", view.xlog)),
    y: is_map ? null : new Bokeh.Range1d(limits(facets, "y", view.ylog)),
  };
}

/** Return dark to light colours that stay apart in grey and for the colour-blind (cividis). */
function colours(count) {
  const cividis = ["#00224e", "#123570", "#3b496c", "#575d6d", "#707173", "#8a8678", "#a59c74",
    "#c3b369", "#e1cc55", "#fee838"];
  const used = cividis.slice(0, -1);
  if (count === 1) return [used[1]];
  return Array.from({ length: count }, (_, n) => {
    const place = (n / (count - 1)) * (used.length - 1);
    const [left, part] = [Math.floor(place), place - Math.floor(place)];
    const [a, b] = [used[left], used[Math.min(left + 1, used.length - 1)]];
    const mixed = [1, 3, 5].map((i) => {
      const [p, q] = [parseInt(a.slice(i, i + 2), 16), parseInt(b.slice(i, i + 2), 16)];
      return Math.round(p + part * (q - p)).toString(16).padStart(2, "0");
    });
    return `#${mixed.join("")}`;
  });
}

function figureOf(facet, quantity, ranges, y_label) {
  const { view, summary } = state;
  const x = quantity.dims.find((dim) => view.roles[dim] === "x");
  const title = Object.entries(facet.at).map(([dim, index]) => valueOf(dim, index, summary)).join(", ");
  const columns = state.facets.length === 1 ? 1 : state.facets.length <= 4 ? 2 : 3;
  const width = Math.max(280, Math.floor(el("plots").clientWidth / columns) - 16);
  const figure = Bokeh.Plotting.figure({
    title: title || undefined,
    width,
    height: Math.round(columns === 1 ? Math.min(0.58 * width, 520) : 0.7 * width),
    x_range: ranges.x,
    ...(ranges.y ? { y_range: ranges.y } : {}),
    x_axis_type: view.xlog ? "log" : "linear",
    y_axis_type: view.ylog && ranges.y ? "log" : "linear",
    x_axis_label: x ? nameOf(x, summary) : "",
    y_axis_label: y_label,
    tools: "pan,box_zoom,wheel_zoom,reset,save",
    output_backend: "canvas",
  });
  figure.toolbar.logo = null;
  if (x && summary.axes[x].text) {
    figure.xaxis.ticker = new Bokeh.FixedTicker({ ticks: summary.axes[x].values.map((_, n) => n) });
    figure.xaxis.major_label_overrides = new Map(summary.axes[x].values.map((text, n) => [n, text]));
  }
  return figure;
}

function columnsOf(curve, colour, view) {
  const data = { x: [], y: [], low: [], high: [], fill: [], line: [], told: [], number: [] };
  curve.points.forEach((point, number) => {
    const shown = Number.isFinite(point.y) && !(view.ylog && point.y <= 0) && !(view.xlog && point.x <= 0);
    if (!shown) return;
    const error = point.error > 0 ? point.error : NaN;
    const whole = point.count >= point.wanted;
    data.x.push(point.x);
    data.y.push(point.y);
    data.low.push(view.ylog ? Math.max(point.y - error, point.y * 1e-3) : point.y - error);
    data.high.push(point.y + error);
    data.line.push(whole ? colour : UNFINISHED);
    data.fill.push(whole ? colour : "#ffffff");
    data.told.push(withError(point.y, point.error));
    data.number.push(number);
  });
  return data;
}

/** Draw a facet of curves; return how it takes other numbers of the same form. */
function curvesOf(facet, quantity, ranges) {
  const { view, summary } = state;
  const figure = figureOf(facet, quantity, ranges, labelOf(quantity));
  const named = quantity.dims.filter((dim) => view.roles[dim] === "colour");
  const palette = colours(facet.curves.length);
  const parts = facet.curves.map((curve, n) => {
    const label = named.map((dim) => valueOf(dim, curve.at[dim], summary)).join(", ");
    const [data, theory] = [
      new Bokeh.ColumnDataSource({ data: columnsOf(curve, palette[n], view) }),
      new Bokeh.ColumnDataSource({ data: theoryOf(curve, view) }),
    ];
    const legend = label && facet.curves.length <= NAMED_CURVES ? { legend_label: label } : {};
    if (!view.plain) {
      figure.line({ field: "x" }, { field: "y" }, { source: theory, line_color: palette[n], line_dash: "dashed", line_width: 1.5 });
    }
    if (!quantity.dims.some((dim) => view.roles[dim] === "x" && summary.axes[dim].text)) {
      figure.line({ field: "x" }, { field: "y" }, { source: data, line_color: palette[n], line_alpha: 0.45, line_width: 1.2 });
    }
    figure.segment({ field: "x" }, { field: "low" }, { field: "x" }, { field: "high" }, { source: data, line_color: { field: "line" }, line_width: 1.5 });
    const marks = figure.scatter(
      { field: "x" },
      { field: "y" },
      {
        source: data,
        marker: MARKERS[n % MARKERS.length],
        size: facet.curves.length > 12 ? 5 : 7,
        fill_color: { field: "fill" },
        line_color: { field: "line" },
        ...legend,
      },
    );
    figure.add_tools(new Bokeh.HoverTool({ visible: false, renderers: [marks], tooltips: [["", label || quantity.name], ["x", "@x"], ["", "@told"]] }));
    figure.add_tools(new Bokeh.TapTool({ visible: false, renderers: [marks] }));
    data.selected.properties.indices.change.connect(() => {
      const [chosen] = data.selected.indices;
      if (chosen !== undefined) {
        const shown = state.facets[state.drawn.plots.indexOf(plot)] || facet;
        showPoint(shown.curves[n].points[data.data.number[chosen]]);
      }
    });
    return { data, theory };
  });
  if (facet.curves.length > NAMED_CURVES && named.length === 1 && !summary.axes[named[0]].text) {
    const along = summary.axes[named[0]].values;
    const mapper = new Bokeh.LinearColorMapper({ palette, low: Math.min(...along), high: Math.max(...along) });
    figure.add_layout(new Bokeh.ColorBar({ color_mapper: mapper, title: nameOf(named[0], summary), width: 10 }), "right");
  }
  if (figure.legend && facet.curves.length <= NAMED_CURVES && named.length) {
    const legend = figure.legends ? figure.legends[0] : figure.legend;
    if (legend) Object.assign(legend, { label_text_font_size: "11px", background_fill_alpha: 0.7, click_policy: "hide", location: "top_right" });
  }
  const plot = {
    figure,
    update(other) {
      other.curves.forEach((curve, n) => {
        parts[n].data.data = columnsOf(curve, palette[n], view);
        parts[n].theory.data = theoryOf(curve, view);
      });
    },
  };
  return plot;
}

function theoryOf(curve, view) {
  const shown = curve.points.filter((p) => Number.isFinite(p.theory) && !(view.ylog && p.theory <= 0));
  return { x: shown.map((p) => p.x), y: shown.map((p) => p.theory) };
}

/** Draw a facet as a map of two axes; points that are not finished are hatched. */
function mapOf(facet, quantity, ranges) {
  const { view, summary } = state;
  const y = quantity.dims.find((dim) => view.roles[dim] === "y");
  const { values, text } = summary.axes[y];
  const figure = figureOf(facet, quantity, { x: ranges.x, y: undefined }, nameOf(y, summary));
  const data = { x: [], y: [], w: [], h: [], value: [], told: [], curve: [], number: [], alpha: [] };
  const [widths, heights] = [cellsOf(facet.curves[0].points.map((p) => p.x)), cellsOf(text ? values.map((_, n) => n) : values)];
  facet.curves.forEach((curve, n) =>
    curve.points.forEach((point, number) => {
      data.x.push(widths[number].middle);
      data.w.push(widths[number].size);
      data.y.push(heights[n].middle);
      data.h.push(heights[n].size);
      data.value.push(point.y);
      data.told.push(withError(point.y, point.error));
      data.curve.push(n);
      data.number.push(number);
      data.alpha.push(point.count >= point.wanted ? 1 : 0.35);
    }),
  );
  const finite = data.value.filter(Number.isFinite);
  const scale = { low: Math.min(...finite), high: Math.max(...finite), palette: colours(64), nan_color: "#ffffff" };
  const mapper = new Bokeh.LinearColorMapper(scale);
  const cells = new Bokeh.ColumnDataSource({ data });
  const drawn = figure.rect({ field: "x" }, { field: "y" }, { field: "w" }, { field: "h" }, {
    source: cells,
    fill_color: { field: "value", transform: mapper },
    fill_alpha: { field: "alpha" },
    line_color: null,
  });
  figure.add_layout(new Bokeh.ColorBar({ color_mapper: mapper, title: labelOf(quantity), width: 10 }), "right");
  figure.add_tools(new Bokeh.HoverTool({ visible: false, renderers: [drawn], tooltips: [["x", "@x"], ["y", "@y"], ["", "@told"]] }));
  figure.add_tools(new Bokeh.TapTool({ visible: false, renderers: [drawn] }));
  cells.selected.properties.indices.change.connect(() => {
    const [chosen] = cells.selected.indices;
    if (chosen !== undefined) showPoint(facet.curves[data.curve[chosen]].points[data.number[chosen]]);
  });
  return { figure, update() {} };
}

/** Return cells around values, each up to half the way to its neighbours. */
function cellsOf(values) {
  const edges = values.map((value, n) => {
    const [left, right] = [values[n - 1], values[n + 1]];
    const below = left === undefined ? (right === undefined ? 0.5 : (right - value) / 2) : (value - left) / 2;
    const above = right === undefined ? (left === undefined ? 0.5 : (value - left) / 2) : (right - value) / 2;
    return { middle: value + (above - below) / 2, size: above + below };
  });
  return edges;
}

function inWords(facets, summary, view, quantity) {
  let [points, unfinished] = [0, 0];
  for (const { curves } of facets) {
    for (const curve of curves) {
      points += curve.points.filter((p) => Number.isFinite(p.y)).length;
      unfinished += curve.points.filter((p) => p.count < p.wanted).length;
    }
  }
  const averaged = quantity.dims.filter((dim) => view.roles[dim] === "average");
  const same = averaged.filter((dim) => summary.common_disorder.includes(dim));
  const words = [`${points} values with standard errors over finished realizations.`];
  if (unfinished) words.push(`${unfinished} points are unfinished (grey, hollow).`);
  if (averaged.length) words.push(`Averaged over ${averaged.join(", ")}.`);
  if (same.length) words.push(`Points along ${same.join(", ")} have the same disorder: the error of the average is an upper bound.`);
  if (quantity.dims.includes("length") && quantity.statistic !== "result") words.push("Lengths of one realization are correlated.");
  const is_map = Object.values(view.roles).includes("y");
  if (!view.plain && !is_map && state.numbers.theory) words.push(`Dashed: theory${quantity.source ? ` (${quantity.source})` : ""}.`);
  return words.join(" ");
}

/* --------------------------------------------------------------------------------- one point */

function closePoint() {
  el("point").hidden = true;
  state.point = null;
}

async function showPoint(point) {
  const { view, summary } = state;
  const quantity = quantityOf(view, summary);
  const stored = summary.quantities.find((q) => q.name === quantity.name && q.statistic !== "result")
    || summary.quantities.find((q) => q.statistic !== "result" && q.dims.every((d) => d in point.at || !summary.swept.includes(d)));
  const lacking = summary.swept.filter((dim) => !(dim in point.at) || view.roles[dim] === "average");
  el("point").hidden = false;
  el("point-title").textContent = Object.entries(point.at)
    .filter(([dim]) => summary.axes[dim].values.length > 1)
    .map(([dim, index]) => valueOf(dim, index, summary))
    .join(", ");
  el("point-value").textContent = `${labelOf(quantity)}: ${withError(point.y, point.error)}`;
  el("histogram").replaceChildren();
  el("traces").replaceChildren();
  el("point-about").textContent = "";
  el("more").textContent = "";
  if (!stored || lacking.length) {
    el("point-about").textContent = lacking.length
      ? `This number is of several points of the sweep (all along ${lacking.join(", ")}).`
      : "No samples are stored for this number.";
    return;
  }
  const at = Object.fromEntries(
    [...new Set([...summary.swept, ...stored.dims])].map((dim) => [dim, point.at[dim] ?? summary.axes[dim].values.length - 1]),
  );
  const asked = (state.point = {});
  const found = await source.point(view.run, at, stored.name).catch((problem) => ({ problem }));
  if (state.point !== asked) return; // another one was clicked meanwhile
  if (found.problem) {
    el("point-about").textContent = found.problem.message;
    return;
  }
  const words = [`${found.count.toLocaleString("en")} of ${found.wanted.toLocaleString("en")} realizations.`];
  if (found.certificate !== null) words.push(`Worst certificate: ${found.certificate.toPrecision(2)} (error of g at most, relative or absolute).`);
  words.push(`Ten times more here cost about ${duration(9 * found.count * found.seconds)} of a core; for the whole run:`);
  el("point-about").textContent = words.join(" ");
  el("more").textContent = found.more;
  if (found.histogram) small(histogramOf(found.histogram, stored, at), "histogram");
  if (found.traces) small(tracesOf(found.traces, stored), "traces");
}

function small(figure, where) {
  figure.toolbar.logo = null;
  Bokeh.Plotting.show(figure, el(where)).catch(tell);
}

function histogramOf({ counts, edges, outside }, stored, at) {
  const total = counts.reduce((a, b) => a + b, 0);
  const density = counts.map((c, n) => c / total / (edges[n + 1] - edges[n]));
  const errors = counts.map((c, n) => Math.sqrt(c * (1 - c / total)) / total / (edges[n + 1] - edges[n]));
  const where = stored.dims.includes("length") ? ` at ${valueOf("length", at.length, state.summary)}` : "";
  const figure = Bokeh.Plotting.figure({
    title: `Distribution of ${stored.name}${where}`,
    width: 440,
    height: 280,
    x_axis_label: stored.units ? `${stored.name} (${stored.units})` : stored.name,
    y_axis_label: "probability density",
    tools: "pan,box_zoom,reset,save",
  });
  figure.quad({ left: edges.slice(0, -1), right: edges.slice(1), top: density, bottom: 0, fill_color: "#575d6d", fill_alpha: 0.5, line_color: "#123570" });
  const middle = density.map((_, n) => (edges[n] + edges[n + 1]) / 2);
  figure.segment(middle, density.map((d, n) => d - errors[n]), middle, density.map((d, n) => d + errors[n]), { line_color: "#000000" });
  if (outside) el("point-about").textContent += ` ${outside} samples are infinite or missing; the histogram leaves them out.`;
  return figure;
}

function tracesOf({ length, values }, stored) {
  const figure = Bokeh.Plotting.figure({
    title: `${values.length} realizations one by one`,
    width: 440,
    height: 280,
    x_axis_label: nameOf("length", state.summary),
    y_axis_label: stored.name,
    tools: "pan,box_zoom,reset,save",
  });
  const palette = colours(values.length);
  values.forEach((trace, n) => {
    const shown = trace.map((one) => (one === null ? NaN : one));
    figure.line(length, shown, { line_color: palette[n], line_alpha: 0.6 });
  });
  return figure;
}

/** Move through the points of the first facet by keys, and open one with Enter. */
function byKeys(event) {
  const facet = state.facets[0];
  if (!facet || !["ArrowLeft", "ArrowRight", "ArrowUp", "ArrowDown", "Enter"].includes(event.key)) return;
  event.preventDefault();
  const held = (state.cursor = state.cursor || { curve: 0, number: -1 });
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key] || 0;
  held.curve = Math.min(Math.max(0, held.curve + ({ ArrowUp: 1, ArrowDown: -1 }[event.key] || 0)), facet.curves.length - 1);
  const { points } = facet.curves[held.curve];
  held.number = Math.min(Math.max(0, held.number + step), points.length - 1);
  const point = points[held.number];
  el("cursor").textContent = `${Object.entries(point.at).filter(([d]) => state.summary.axes[d].values.length > 1)
    .map(([d, i]) => valueOf(d, i, state.summary)).join(", ")}: ${withError(point.y, point.error)}`;
  if (event.key === "Enter") showPoint(point).catch(tell);
}

/* ------------------------------------------------------------------------------------ taking along */

/** Return what is drawn as a table: units in the heading, an error beside each number. */
function table() {
  const { view, summary, facets } = state;
  const quantity = quantityOf(view, summary);
  const dims = quantity.dims.filter((dim) => view.roles[dim] !== "average");
  const quote = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const name = `${quantity.name}${quantity.statistic === "result" ? "" : ` ${quantity.statistic}`}`;
  const unit = quantity.units ? ` (${quantity.units})` : "";
  const rows = [[...dims.map((d) => nameOf(d, summary)), `${name}${unit}`, `standard error${unit}`, `theory${unit}`, "finished", "wanted"].map(quote).join(",")];
  for (const { curves } of facets) {
    for (const { points } of curves) {
      for (const point of points) {
        const at = dims.map((dim) => quote(String(summary.axes[dim].values[point.at[dim]])));
        const told = [point.y, point.error, point.theory].map((n) => (Number.isFinite(n) ? String(n) : ""));
        rows.push([...at, ...told, point.count, point.wanted].join(","));
      }
    }
  }
  return `${rows.join("\n")}\n`;
}

function download() {
  const link = make("a", {
    href: URL.createObjectURL(new Blob([table()], { type: "text/csv" })),
    download: `${state.summary.workflow}-${state.view.quantity.replace("/", "-")}.csv`,
  });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}

/* ------------------------------------------------------------------------------------------ begin */

/** Look at runs that go on, and take what they have finished meanwhile. */
async function poll() {
  try {
    state.runs = await source.runs();
    const { view } = state;
    if (view) {
      const now = await source.summary(view.run);
      if (now.state !== state.summary.state) {
        state.summary = now;
        state.view = settled(view, now);
        await loadNumbers();
      } else state.summary = now;
    } else if (state.runs.some((run) => !run.problem)) {
      await chooseRun(state.runs.find((run) => !run.problem).id);
    }
    showRuns();
    el("gone").hidden = true;
  } catch (problem) {
    el("gone").hidden = false;
  }
  setTimeout(poll, POLL);
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
  if (first) await chooseRun(first.id, asked.run ? asked : { roles: {}, at: {} });
  else tell("There is no run here that can be read.");
  document.body.dataset.ready = "yes";
  if (source.live) setTimeout(poll, POLL);
}

begin().catch(tell);
