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
  state.facets = sizes("facet") > MOST_FACETS ? [] : facetsOf(view, summary, quantity, numbers);
  const curves = quantity.dims.some((dim) => view.roles[dim] === "y") ? 0 : (state.facets[0] || { curves: [] }).curves.length;
  const problem =
    sizes("facet") > MOST_FACETS
      ? `${sizes("facet")} facets are too many to read (at most ${MOST_FACETS}): give one of them a slider.`
      : curves > MOST_CURVES
        ? `${curves} curves are too many to tell apart (at most ${MOST_CURVES}): use a slider or a map (role y).`
        : "";
  tell(problem);
  if (problem) return;
  const is_map = quantity.dims.some((dim) => view.roles[dim] === "y");
  const form = JSON.stringify([view.run, view.quantity, view.roles, view.along, view.xlog, view.ylog, view.plain,
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
    x_axis_label: !x ? "" : view.along[x] ? view.along[x] : nameOf(x, summary),
    y_axis_label: y_label,
    tools: "pan,box_zoom,wheel_zoom,reset,save",
    output_backend: "canvas",
  });
  figure.toolbar.logo = null;
  if (x && isNamed(x, view, summary.axes)) {
    const { values, text, names } = summary.axes[x];
    const [ticks, called] = [text ? values.map((_, n) => n) : values, text ? values : names];
    if (ticks.length <= NAMED_CASES) {
      figure.xaxis.ticker = new Bokeh.FixedTicker({ ticks });
      figure.xaxis.major_label_overrides = new Map(ticks.map((place, n) => [place, called[n]]));
      const longest = Math.max(...called.map((one) => one.length));
      if (longest * ticks.length * 7 > width) figure.xaxis.major_label_orientation = Math.PI / 4;
    }
  }
  return figure;
}

/** Whether places on the horizontal axis have names, such as cases one by one: no line connects them. */
function isNamed(x, view, axes) {
  return axes[x].text || (axes[x].names.length > 0 && !view.along[x]);
}

function columnsOf(curve, colour, view, summary) {
  const data = { x: [], y: [], low: [], high: [], fill: [], line: [], told: [], called: [], number: [] };
  const cases = Object.keys(view.roles).filter((dim) => view.roles[dim] === "x" && summary.axes[dim] && summary.axes[dim].names.length);
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
    data.called.push([curve.label, ...cases.map((dim) => valueOf(dim, point.at[dim], summary))].filter(Boolean).join("; "));
    data.number.push(number);
  });
  return data;
}

/** Draw a facet of curves; return how it takes other numbers of the same form. */
function curvesOf(facet, quantity, ranges) {
  const { view, summary } = state;
  const figure = figureOf(facet, quantity, ranges, labelOf(quantity));
  const named = quantity.dims.filter((dim) => view.roles[dim] === "colour");
  const x = quantity.dims.find((dim) => view.roles[dim] === "x");
  const joined = !x || !isNamed(x, view, summary.axes);
  const palette = colours(facet.curves.length);
  const items = [];
  const parts = facet.curves.map((curve, n) => {
    const label = labelled(curve, named, summary).label;
    const [data, theory] = [
      new Bokeh.ColumnDataSource({ data: columnsOf(curve, palette[n], view, summary) }),
      new Bokeh.ColumnDataSource({ data: theoryOf(curve, view) }),
    ];
    if (!view.plain && joined) {
      figure.line({ field: "x" }, { field: "y" }, { source: theory, line_color: palette[n], line_dash: "dashed", line_width: 1.5 });
    } else if (!view.plain) {
      figure.scatter({ field: "x" }, { field: "y" }, { source: theory, marker: "dash", size: 22, line_color: palette[n], line_width: 1.5 });
    }
    if (joined) {
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
      },
    );
    if (label) items.push(new Bokeh.LegendItem({ label: { value: label }, renderers: [marks] }));
    figure.add_tools(new Bokeh.HoverTool({ visible: false, renderers: [marks], tooltips: [["", "@called"], [quantity.name, "@told"], ["x", "@x"]] }));
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
  if (items.length && facet.curves.length <= NAMED_CURVES) addLegend(figure, items);
  const plot = {
    figure,
    update(other) {
      other.curves.forEach((curve, n) => {
        parts[n].data.data = columnsOf(labelled(curve, named, summary), palette[n], view, summary);
        parts[n].theory.data = theoryOf(curve, view);
      });
    },
  };
  return plot;
}

function labelled(curve, named, summary) {
  curve.label = [...named.map((dim) => valueOf(dim, curve.at[dim], summary)), curve.named].filter(Boolean).join(", ");
  return curve;
}

/** Put the legend beside the plot, or below it if names are long or plots are small: never on points. */
function addLegend(figure, items) {
  const longest = Math.max(...items.map((item) => item.label.value.length));
  const beside = longest <= 24 && figure.width >= 600;
  const columns = beside ? 1 : Math.max(1, Math.floor((figure.width - 80) / (7 * longest + 40)));
  const legend = new Bokeh.Legend({ items, label_text_font_size: "11px", click_policy: "hide", border_line_color: null, ncols: columns });
  figure.add_layout(legend, beside ? "right" : "below");
  if (!beside) figure.height += 24 * Math.ceil(items.length / columns);
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
