// [data-chart-url]: fetches a chart's JSON when it scrolls into view, draws it, and draws again when the theme, the
// size, the zoom or the scale changes. The server answers with as many points as the width can show:
//   GET <url>?width=600[&start=…&end=…] -> {"x_name": "step", "series": [{"name", "run", "color_slot", "x": [],
//   "low": [], "high": [], "last": [], "marks": [{"x", "kind": "nan"|"inf"|"-inf"}], "count"}]}
// data-chart-every="5000" asks again while it is on screen (a running run).

import { drawChart } from "./chart_plot.js";
import { fillLegend, fillTable, moveTip } from "./chart_words.js";

let library = null;

/** uPlot, fetched once and only by pages with a chart. */
function loadLibrary() {
  library ??= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = document.querySelector("meta[name=chart-library]").content;
    script.onload = resolve;
    script.onerror = reject;
    document.head.append(script);
  });
  return library;
}

class Chart {
  constructor(card) {
    this.card = card;
    this.place = card.querySelector(".chart-plot");
    this.message = card.querySelector(".chart-message");
    this.hidden = new Set();
    this.visible = false;
    this.tip = document.createElement("div");
    this.tip.className = "chart-tip";
    this.tip.hidden = true;
    this.place.append(this.tip);
    this.place.addEventListener("dblclick", () => this.zoom());
    this.place.addEventListener("pointerleave", () => { this.tip.hidden = true; });
    new ResizeObserver(() => this.resize()).observe(this.place);
    card.querySelector(".chart-table")?.addEventListener("toggle", () => this.words());
    const every = Number(card.dataset.chartEvery);
    if (every) this.timer = setInterval(() => this.again(), Math.max(every, 1000));
  }

  get log() { return this.card.querySelector("[data-chart-log]")?.getAttribute("aria-pressed") === "true"; }

  say(text, failed = false) {
    this.message.hidden = !text;
    this.message.textContent = text;
    this.message.classList.toggle("failed", failed);
  }

  async load() {
    this.asked?.abort();
    this.asked = new AbortController();
    const url = new URL(this.card.dataset.chartUrl, location.href);
    url.searchParams.set("width", String(Math.max(Math.round(this.place.clientWidth), 100)));
    this.range?.forEach((edge, at) => url.searchParams.set(["start", "end"][at], String(edge)));
    try {
      const [answer] = await Promise.all([
        fetch(url, { signal: this.asked.signal, headers: { Accept: "application/json" } }), loadLibrary()]);
      if (!answer.ok) throw new Error(`the studio answered ${answer.status}`);
      this.data = await answer.json();
      this.draw();
    } catch (error) {
      if (error.name !== "AbortError") this.say(`This chart could not be loaded: ${error.message}.`, true);
    }
  }

  draw() {
    this.plot?.destroy();
    this.plot = null;
    this.tip.hidden = true;
    const lines = this.data.series;
    const known = lines.some((one) => one.last.some((value) => value !== null && (!this.log || value > 0)));
    const marked = lines.some((one) => one.marks?.length);
    if (!known) this.say(marked ? "No finite values: only NaN or infinity was logged." : this.log
      ? "No values above zero: nothing to show on a log scale." : "No values here.");
    else this.say("");
    if (known || marked) {
      this.plot = drawChart(this.place, this.data, { log: this.log && known, range: this.range,
        onZoom: (...range) => this.zoom(range),
        onPoint: (nearest, u) => moveTip(this.tip, this.data, nearest, u) });
    }
    this.words();
  }

  words() {
    const legend = this.card.querySelector(".chart-legend");
    legend.hidden = this.data?.series.length === 1 && !("chartLegend" in this.card.dataset);
    if (this.data && !legend.hidden) fillLegend(legend, this.data, this.hidden, () => this.plot);
    this.data?.series.forEach((one, place) => {
      if (this.hidden.has(one.run ?? one.name)) for (const at of [1, 2, 3]) this.plot?.setSeries(3 * place + at, { show: false });
    });
    const table = this.card.querySelector(".chart-table");
    if (this.data && table?.open) fillTable(table.querySelector(".table-wrap"), this.data);
  }

  zoom(range) {
    if (!range && !this.range) return;
    this.range = range?.map((edge) => (this.data.x_name === "time" || this.data.x_name === "step" ? Math.round(edge) : edge));
    const reset = this.card.querySelector("[data-chart-reset]");
    if (reset) reset.hidden = !this.range;
    this.load();
  }

  resize() {
    const [width, height] = [this.place.clientWidth - 16, this.place.clientHeight];
    if (this.plot && width > 0 && (width !== this.plot.width || height !== this.plot.height)) this.plot.setSize({ width, height });
  }

  again() {
    if (!this.card.isConnected) clearInterval(this.timer);
    else if (this.visible && !document.hidden && this.tip.hidden) this.load();
  }
}

const charts = new Map();

const watcher = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting && !charts.has(target)) charts.set(target, new Chart(target)).get(target).load();
    if (charts.has(target)) charts.get(target).visible = isIntersecting;
  }
}, { rootMargin: "200px" });

function look() {
  for (const card of charts.keys()) if (!card.isConnected) { charts.get(card).plot?.destroy(); charts.delete(card); }
  for (const card of document.querySelectorAll("[data-chart-url]")) watcher.observe(card);
}

document.addEventListener("click", (event) => {
  const chart = charts.get(event.target.closest("[data-chart-url]"));
  if (!chart) return;
  const log = event.target.closest("[data-chart-log]");
  if (log && chart.data) {
    log.setAttribute("aria-pressed", String(!chart.log));
    chart.draw();
  } else if (event.target.closest("[data-chart-reset]")) chart.zoom();
});
document.addEventListener("theme-change", () => charts.forEach((chart) => { if (chart.data) chart.draw(); }));
document.addEventListener("htmx:after:swap", look);
look();
