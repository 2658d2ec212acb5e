// One conversation, or two side by side, each beside its verdict and evidence.
const ROLES = { system: "System", user: "User", assistant: "Model", tool: "Tool", thinking: "Model" };

function part(piece) {
  const body = piece.nodes.map(build);
  if (!piece.fold) return el("div", { class: "prose" }, ...body);
  return el("details", { class: "fold" }, el("summary", {}, piece.fold), el("div", { class: "prose" }, ...body));
}

function message(said) {
  const parts = said.parts.length ? said.parts.map(part) : [el("p", { class: "quiet" }, "(no text)")];
  return el("section", { class: `message ${Object.hasOwn(ROLES, said.role) ? said.role : "other"}` },
    el("h4", {}, ROLES[said.role] || said.role), ...parts);
}

function badges(cell) {
  const [, , verdict, flags] = cell;
  const shown = [el("span", { class: `badge ${verdict}` }, `${VERDICTS[verdict][0]} ${VERDICTS[verdict][1]}`)];
  for (const [sign, word] of [["s", "★ selected"], ["r", "R refused"], ["t", "T truncated"], ["x", "2 retry"]]) {
    if (flags.includes(sign)) shown.push(el("span", { class: "badge" }, word));
  }
  return el("p", { class: "badges" }, ...shown);
}

function candidatePicker(row, slot) {
  const select = el("select", { "aria-label": slot === "open" ? "Candidate shown" : "Candidate shown beside it",
    onchange: (event) => go({ [slot]: event.target.value }) });
  const key = keyOf(row.line, row.cell);
  for (const line of row.siblings) {
    const group = el("optgroup", { label: `${line.experiment} · ${line.variant} · ${line.sample}` });
    for (const cell of line.cells) {
      const value = keyOf(line, cell);
      const label = `${line.variant} · candidate ${cell[1]} ${VERDICTS[cell[2]][0]}${cell[3].includes("x") ? " (retry)" : ""}`;
      group.append(el("option", { value, selected: value === key }, label));
    }
    select.append(group);
  }
  return select;
}

function pane(row, slot) {
  const evidence = row.detail.evidence.flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)]);
  const title = `${row.line.sample} · ${row.line.variant} · candidate ${row.cell[1]}`;
  return el("article", { class: "pane", "aria-label": title },
    el("header", {}, el("h3", {}, title, el("small", {}, row.line.experiment)), candidatePicker(row, slot)),
    el("div", { class: "beside" },
      el("div", { class: "talk" },
        el("details", { class: "opening", open: true }, el("summary", {}, "Opening messages"), ...row.detail.input.map(message)),
        ...row.detail.output.map(message)),
      el("aside", { "aria-label": "Verdict and evidence", tabindex: "0" }, badges(row.cell), el("dl", {}, ...evidence))));
}

async function drawViewer(now, turn) {
  const viewer = byId("viewer");
  if (!now.open) {
    if (viewer.open) viewer.close();
    room.row = null;
    return;
  }
  const keys = [now.open, now.with].filter(Boolean);
  const rows = await Promise.all(keys.map((key) => source.row(key)));
  if (turn !== room.turn) return;
  room.row = rows[0];
  const panes = rows.map((row, n) => row ? pane(row, n ? "with" : "open")
    : el("p", { class: "notice" }, `There is no such candidate in this page: ${keys[n]}`));
  byId("panes").replaceChildren(...panes);
  byId("panes").classList.toggle("two", panes.length > 1);
  byId("compare").setAttribute("aria-pressed", String(panes.length > 1));
  byId("compare").disabled = !rows[0] || rows[0].siblings.reduce((n, line) => n + line.cells.length, 0) < 2;
  if (!viewer.open) viewer.showModal();
  byId("panes").scrollTop = 0;
}

function place() {
  const key = room.row && keyOf(room.row.line, room.row.cell);
  for (const [y, line] of room.grid.page.entries()) {
    const x = line.cells.findIndex((cell) => keyOf(line, cell) === key);
    if (x >= 0) return [y, x];
  }
  return null;
}

function step(dy, dx) {
  const at = place();
  if (!at) return;
  const line = room.grid.page[at[0] + dy];
  const cell = line && line.cells[dy ? Math.min(at[1], line.cells.length - 1) : at[1] + dx];
  if (cell) go({ open: keyOf(line, cell), with: "" });
}

function beside(row) {
  // The most telling other candidate: the same place in another variant or experiment, else one with another verdict.
  const others = row.siblings.flatMap((line) => line.cells.map((cell) => [line, cell]))
    .filter(([line, cell]) => keyOf(line, cell) !== keyOf(row.line, row.cell));
  const isTwin = ([line, cell]) => cell[1] === row.cell[1] && (line.variant !== row.line.variant || line.experiment !== row.line.experiment);
  return others.find(isTwin) || others.find(([, cell]) => cell[2] !== row.cell[2]) || others[0];
}

function compare() {
  if (state().with) return go({ with: "" });
  const other = room.row && beside(room.row);
  if (other) go({ with: keyOf(...other) });
}

function closeViewer() {
  const at = room.row && place();
  go({ open: "", with: "" });
  byId("viewer").close();
  if (at) focusCell(...at);
}

function startViewer() {
  const viewer = byId("viewer");
  viewer.addEventListener("cancel", (event) => { event.preventDefault(); closeViewer(); });
  byId("close").addEventListener("click", closeViewer);
  byId("compare").addEventListener("click", compare);
  byId("previous").addEventListener("click", () => step(-1, 0));
  byId("next").addEventListener("click", () => step(1, 0));
  byId("before").addEventListener("click", () => step(0, -1));
  byId("after").addEventListener("click", () => step(0, 1));
  viewer.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("select, input")) return;
    const keys = { j: () => step(1, 0), k: () => step(-1, 0), l: () => step(0, 1), h: () => step(0, -1),
      ArrowRight: () => step(0, 1), ArrowLeft: () => step(0, -1), c: compare };
    if (!keys[event.key]) return;
    if (event.key.startsWith("Arrow") && event.target.matches("pre")) return;
    event.preventDefault();
    keys[event.key]();
  });
}
