// Draws the charts in the page's own colours, without eval: expressions are interpreted.
// The charting library empties its place by `innerHTML = ""`; any other text given to an HTML sink is refused.
if (window.trustedTypes) window.trustedTypes.createPolicy("default", { createHTML: (text) => (text === "" ? "" : null) });
const THEMES = ["auto", "light", "dark"];

function palette() {
  const style = getComputedStyle(document.documentElement);
  return (name) => style.getPropertyValue(`--${name}`).trim();
}

async function drawCharts() {
  const colour = palette();
  const [ink, quiet, line] = ["ink", "quiet", "line"].map(colour);
  const range = [1, 2, 3, 4, 5, 6].map((n) => colour(`series-${n}`));
  const config = {
    background: "transparent", font: "system-ui, sans-serif", view: { stroke: null },
    axis: { labelColor: quiet, titleColor: quiet, gridColor: line, domainColor: line, tickColor: line, labelFontSize: 12, titleFontSize: 12, titleFontWeight: 500 },
    legend: { labelColor: quiet, titleColor: quiet, labelFontSize: 12, titleFontSize: 12, titleFontWeight: 500 },
    header: { labelColor: ink, titleColor: quiet, labelFontSize: 12 }, title: { color: ink },
    range: { category: range }, mark: { color: range[0] }, text: { color: ink }, rule: { color: range[0] }, bar: { color: range[0] },
    line: { color: range[0] }, point: { color: range[0] },
  };
  for (const [name, spec] of Object.entries(DATA.charts)) {
    const place = byId(`chart-${name}`);
    if (!place) continue;
    await window.vegaEmbed(place, spec, { actions: false, ast: true, renderer: "svg", config, defaultStyle: false, tooltip: false });
  }
}

function startTheme() {
  const button = byId("theme");
  const apply = (theme) => {
    if (theme === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme;
    button.textContent = `Theme: ${theme}`;
    return drawCharts();
  };
  let theme = "auto";
  button.addEventListener("click", () => {
    theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
    apply(theme);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => apply(theme));
  // A link to a view leads to the room, once the charts above it have their heights.
  apply(theme).then(() => {
    if (location.hash.startsWith("#room?")) byId("reading-room").scrollIntoView({ behavior: "instant" });
  });
}

startTheme();
start();
