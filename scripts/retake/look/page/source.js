// Where rows come from: the page itself, or the server behind it. Both answer alike.
const PAGE_LINES = 50;
const keyOf = (line, cell) =>
  [line.experiment, line.variant, line.sample, cell[1]].join("~") + (cell[3].includes("x") ? "~retry" : "");

class Embedded {
  constructor(data) {
    this.data = data;
    this.texts = new Map();
    this.rows = new Map();
    for (const line of data.lines) for (const cell of line.cells) this.rows.set(keyOf(line, cell), [line, cell]);
  }

  text(rid) {
    if (!this.texts.has(rid)) {
      const detail = this.detail(rid);
      const said = [...detail.input, ...detail.output].flatMap((m) => m.parts.flatMap((p) => p.nodes.map(plain)));
      const evidence = detail.evidence.map(([, value]) => value);
      this.texts.set(rid, [...said, ...evidence].join("\n").toLowerCase());
    }
    return this.texts.get(rid);
  }

  detail(rid) {
    const [input, output, evidence] = this.data.details[rid];
    return { input: this.data.inputs[input], output, evidence };
  }

  matches(line, cell, f) {
    const [rid, , verdict, flags] = cell;
    const said = (wanted, sign) => !wanted || flags.includes(sign) === (wanted === "yes");
    return (!f.experiment || line.experiment === f.experiment) && (!f.split || line.split === f.split) &&
      (!f.variant || line.variant === f.variant) && (!f.verdict || verdict === f.verdict) &&
      said(f.refused, "r") && said(f.truncated, "t") &&
      (!f.text || line.sample === f.text || this.text(rid).includes(f.text.toLowerCase()));
  }

  async grid(filters, offset) {
    let rows = 0;
    const found = [];
    for (const line of this.data.lines) {
      const cells = line.cells.map((cell) => {
        const hit = this.matches(line, cell, filters);
        rows += hit;
        return [cell[0], cell[1], cell[2], cell[3].replace("h", "") + (hit ? "h" : "")];
      });
      if (cells.some((cell) => cell[3].includes("h"))) found.push({ ...line, cells });
    }
    return { rows, lines: found.length, offset, page: found.slice(offset, offset + PAGE_LINES) };
  }

  async row(key) {
    const found = this.rows.get(key);
    if (!found) return null;
    const [line, cell] = found;
    const siblings = this.data.lines.filter((other) => other.query === line.query);
    return { line, cell, siblings, detail: this.detail(cell[0]) };
  }
}

class Served {
  async ask(path, values) {
    const answer = await fetch(`${path}?${new URLSearchParams(values)}`);
    if (answer.status === 404) return null;
    if (!answer.ok) throw new Error(`the server answered ${answer.status}`);
    return answer.json();
  }

  grid(filters, offset) {
    return this.ask("api/grid", { ...filters, offset, limit: PAGE_LINES });
  }

  row(key) {
    return this.ask("api/row", { key });
  }
}
