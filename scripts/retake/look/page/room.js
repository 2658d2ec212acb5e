// The reading room. The address's hash is the one state: every control changes it, and every change of it draws anew.
const VERDICTS = { verified: ["✓", "verified"], wrong: ["✗", "not verified"], ungraded: ["?", "ungraded"], error: ["!", "error"] };
const FILTERS = ["experiment", "split", "variant", "verdict", "refused", "truncated", "text"];
const byId = (id) => document.getElementById(id);
const DATA = JSON.parse(byId("retake-data").textContent);
const source = DATA.mode === "served" ? new Served() : new Embedded(DATA);
const room = { grid: null, drawn: "", at: [0, 0], turn: 0 };

function state() {
  return Object.fromEntries(new URLSearchParams(location.hash.startsWith("#room?") ? location.hash.slice(6) : ""));
}

function go(changes, { replace = false } = {}) {
  const next = Object.fromEntries(Object.entries({ ...state(), ...changes }).filter(([, value]) => value));
  const hash = `#room?${new URLSearchParams(next)}`;
  if (hash === location.hash) return;
  if (replace) location.replace(hash);
  else location.hash = hash;
}

const filtersOf = (now) => Object.fromEntries(FILTERS.map((name) => [name, now[name] || ""]));

function describe(line, cell) {
  const [, index, verdict, flags] = cell;
  const words = [VERDICTS[verdict][1]];
  if (flags.includes("r")) words.push("refused");
  if (flags.includes("t")) words.push("truncated");
  if (flags.includes("s")) words.push("selected");
  if (flags.includes("x")) words.push("retry");
  return `${line.sample}, ${line.variant}, candidate ${index}: ${words.join(", ")}`;
}

function cellButton(line, cell, y, x) {
  const [, index, verdict, flags] = cell;
  const marks = (flags.includes("r") ? "R" : "") + (flags.includes("t") ? "T" : "") + (flags.includes("x") ? "2" : "");
  return el("button", {
    type: "button", class: `cell ${verdict}${flags.includes("s") ? " selected" : ""}${flags.includes("h") ? "" : " miss"}`,
    "aria-label": describe(line, cell), title: describe(line, cell), tabindex: "-1", "data-y": y, "data-x": x,
    "data-key": keyOf(line, cell), onclick: () => go({ open: keyOf(line, cell), with: "" }),
  }, el("span", { "aria-hidden": "true" }, VERDICTS[verdict][0]), marks ? el("sup", { "aria-hidden": "true" }, marks) : null);
}

function lineRow(line, y) {
  const names = [DATA.choices.experiment.length > 1 ? line.experiment : "", DATA.choices.variant.length > 1 ? line.variant : ""];
  const under = names.filter(Boolean).join(" · ");
  return el("tr", {},
    el("th", { scope: "row" }, line.sample, under ? el("small", {}, under) : null),
    el("td", {}, el("div", { class: "cells" }, ...line.cells.map((cell, x) => cellButton(line, cell, y, x)))));
}

function drawGrid(grid) {
  room.grid = grid;
  const last = Math.min(grid.offset + PAGE_LINES, grid.lines);
  byId("grid-lines").replaceChildren(...grid.page.map(lineRow));
  byId("grid-empty").hidden = grid.lines > 0;
  byId("matched").textContent = `${grid.rows.toLocaleString("en")} candidates in ${grid.lines.toLocaleString("en")} lines match` +
    (grid.lines > PAGE_LINES ? `; lines ${grid.offset + 1} to ${last} are shown` : "");
  byId("earlier").disabled = grid.offset === 0;
  byId("later").disabled = last >= grid.lines;
  byId("pager").hidden = grid.lines <= PAGE_LINES;
  room.at = [0, 0];
  const first = byId("grid-lines").querySelector(".cell");
  if (first) first.tabIndex = 0;
}

function focusCell(y, x, { focus = true } = {}) {
  const line = room.grid.page[y];
  if (!line) return;
  const column = Math.max(0, Math.min(x, line.cells.length - 1));
  const cells = byId("grid-lines");
  for (const old of cells.querySelectorAll('.cell[tabindex="0"]')) old.tabIndex = -1;
  const cell = cells.querySelector(`.cell[data-y="${y}"][data-x="${column}"]`);
  cell.tabIndex = 0;
  room.at = [y, column];
  if (focus) cell.focus();
}

function onGridKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const [y, x] = room.at;
  const moves = { ArrowUp: [y - 1, x], ArrowDown: [y + 1, x], ArrowLeft: [y, x - 1], ArrowRight: [y, x + 1],
    k: [y - 1, x], j: [y + 1, x], h: [y, x - 1], l: [y, x + 1], Home: [y, 0], End: [y, 1e6], PageUp: [0, x],
    PageDown: [room.grid.page.length - 1, x] };
  if (!(event.key in moves)) return;
  event.preventDefault();
  focusCell(...moves[event.key]);
}

async function draw() {
  const now = state();
  const wanted = JSON.stringify([filtersOf(now), now.page || ""]);
  const turn = ++room.turn;
  try {
    if (wanted !== room.drawn) {
      for (const name of FILTERS) {
        const field = byId(`filter-${name}`);
        if (field && field !== document.activeElement) field.value = now[name] || "";
      }
      byId("room").setAttribute("aria-busy", "true");
      const grid = await source.grid(filtersOf(now), (parseInt(now.page || "1", 10) - 1) * PAGE_LINES);
      if (turn !== room.turn) return;
      drawGrid(grid);
      room.drawn = wanted;
    }
    await drawViewer(now, turn);
    byId("trouble").hidden = true;
  } catch (error) {
    byId("trouble").textContent = `Nothing could be read: ${error.message}. Is scripts/browse.py still running?`;
    byId("trouble").hidden = false;
  }
  byId("room").setAttribute("aria-busy", "false");
}

function start() {
  for (const name of ["experiment", "split", "variant"]) {
    const field = byId(`filter-${name}`);
    field.append(...DATA.choices[name].map((value) => el("option", { value }, value)));
    field.closest("label").hidden = DATA.choices[name].length < 2;
  }
  let waiting = 0;
  for (const name of FILTERS) {
    byId(`filter-${name}`).addEventListener(name === "text" ? "input" : "change", (event) => {
      clearTimeout(waiting);
      waiting = setTimeout(() => go({ [name]: event.target.value, page: "", open: "", with: "" }, { replace: true }), name === "text" ? 250 : 0);
    });
  }
  byId("filters").addEventListener("submit", (event) => event.preventDefault());
  byId("clear").addEventListener("click", () => {
    for (const name of FILTERS) byId(`filter-${name}`).value = "";
    go(Object.fromEntries([...FILTERS, "page", "open", "with"].map((name) => [name, ""])));
  });
  const turnTo = (step) => go({ page: String(parseInt(state().page || "1", 10) + step) });
  byId("earlier").addEventListener("click", () => turnTo(-1));
  byId("later").addEventListener("click", () => turnTo(1));
  byId("grid").addEventListener("keydown", onGridKey);
  document.addEventListener("keydown", (event) => {
    const isTyping = event.target.matches("input, select, textarea");
    if (event.key === "/" && !isTyping && !byId("viewer").open) {
      event.preventDefault();
      byId("filter-text").focus();
    }
  });
  startViewer();
  window.addEventListener("hashchange", draw);
  draw();
}
