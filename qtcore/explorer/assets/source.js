/* ------------------------------------------------------------------ where the numbers come from */

/** Numbers from the server that printed this page's address. */
function liveSource(token) {
  async function ask(path, binary) {
    const answer = await fetch(path, { headers: { "X-Qtcore-Token": token } });
    if (!answer.ok) {
      const said = (await answer.text()) || `${answer.status} ${answer.statusText}`;
      throw Object.assign(new Error(said), { answered: true });
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
