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
  const { names, values } = summary.axes[dim];
  return names && names.length ? names[index] : `${dim} = ${short(values[index])}`;
}

/** Return the parameters of cases that a horizontal axis can show: those that are numbers. */
function placesAlong({ parameters }) {
  return Object.keys(parameters || {}).filter((name) => !parameters[name].text);
}

/** Return the cases that make one curve along a parameter, and what they have in common. */
function groupsOf(axis, along) {
  const all = axis.values.map((_, n) => n);
  if (!along) return [{ named: "", indices: all }];
  const others = Object.keys(axis.parameters).filter((name) => name !== along);
  const groups = new Map();
  for (const n of all) {
    const named = others.map((name) => {
      const value = axis.parameters[name].values[n];
      return typeof value === "string" ? value : `${name} = ${typeof value === "number" ? short(value) : value}`;
    }).join(", ");
    groups.set(named, [...(groups.get(named) || []), n]);
  }
  const places = axis.parameters[along].values;
  return [...groups].map(([named, indices]) => ({ named, indices: indices.sort((a, b) => places[a] - places[b]) }));
}

/** Whether a quantity is a statistic of what is stored, and neither an estimate nor of an analysis. */
function isStored(quantity) {
  return quantity.statistic !== "result" && quantity.statistic !== "estimate";
}

function labelOf(quantity) {
  const short_name = quantity.symbol && quantity.symbol.length < 24 ? quantity.symbol : quantity.name;
  const name = !isStored(quantity) ? short_name : `${quantity.statistic} of ${quantity.name}`;
  return quantity.units ? `${name} (${quantity.units})` : name;
}

function duration(seconds) {
  if (!(seconds >= 0)) return "an unknown time";
  if (seconds < 90) return `${short(Number(seconds.toPrecision(2)))} s`;
  if (seconds < 5400) return `${(seconds / 60).toFixed(0)} min`;
  return `${(seconds / 3600).toPrecision(2)} h`;
}
