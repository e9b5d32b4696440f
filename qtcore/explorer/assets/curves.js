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

/** Return where on the horizontal axis a value lies: a parameter of cases, a number, or the place of a text. */
function placeOf(x, index, view, axes) {
  if (!x) return 0;
  const { values, text, parameters } = axes[x];
  if (view.along[x]) return parameters[view.along[x]].values[index];
  return text ? index : values[index];
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
      for (const { named, indices } of x ? groupsOf(axes[x], y ? "" : view.along[x]) : [{ named: "", indices: [0] }]) {
        const points = indices.map((index) => {
          const along = x ? { [x]: index } : {};
          const at = { ...start, ...facet, ...colour, ...along };
          const shown = { ...facet, ...colour, ...along };
          const offset = Object.keys(shown).reduce((o, dim) => o + shown[dim] * steps[dim], fixed);
          const here = value(numbers, offset, steps, averaged, axes, summary.common_disorder);
          const { count, wanted } = finishedAt(summary, at);
          return { x: placeOf(x, index, view, axes), ...here, at, count, wanted };
        });
        curves.push({ at: colour, named, points });
      }
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
