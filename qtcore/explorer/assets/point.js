/* --------------------------------------------------------------------------------- one point */

function closePoint() {
  el("point").hidden = true;
  state.point = null;
}

async function showPoint(point) {
  const { view, summary } = state;
  const quantity = quantityOf(view, summary);
  const stored = summary.quantities.find((q) => q.name === quantity.name && isStored(q))
    || summary.quantities.find((q) => isStored(q) && q.dims.every((d) => d in point.at || !summary.swept.includes(d)));
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
