/* ------------------------------------------------------------------------------------ taking along */

/** Return what is drawn as a table: units in the heading, an error beside each number. */
function table() {
  const { view, summary, facets } = state;
  const quantity = quantityOf(view, summary);
  const dims = quantity.dims.filter((dim) => view.roles[dim] !== "average");
  const cases = dims.flatMap((dim) => Object.entries(summary.axes[dim].parameters || {}).map(([name, one]) => [dim, name, one]));
  const quote = (text) => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
  const name = `${quantity.name}${!isStored(quantity) ? "" : ` ${quantity.statistic}`}`;
  const unit = quantity.units ? ` (${quantity.units})` : "";
  const heads = cases.map(([, name]) => name);
  const rows = [[...dims.map((d) => nameOf(d, summary)), ...heads, `${name}${unit}`, `standard error${unit}`, `theory${unit}`, "finished", "wanted"].map(quote).join(",")];
  for (const { curves } of facets) {
    for (const { points } of curves) {
      for (const point of points) {
        const at = dims.map((dim) => quote(String(summary.axes[dim].values[point.at[dim]])));
        const told = [point.y, point.error, point.theory].map((n) => (Number.isFinite(n) ? String(n) : ""));
        const shown = cases.map(([dim, , { values }]) => quote(String(values[point.at[dim]])));
        rows.push([...at, ...shown, ...told, point.count, point.wanted].join(","));
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
