// Draws one line chart with uPlot: for every series a band from lowest to highest and a line of last values,
// and marks where a value was not a finite number. Knows nothing of fetching, legends or pages.

import { numberWords } from "./number_words.js";

const SLOTS = 8;
const BANDS_AT_MOST = 6;
const DASH = [6, 4];

/** The resolved colour of a custom property: light-dark() is only resolved on a real property. */
function colourReader(element) {
  const probe = document.createElement("span");
  probe.hidden = true;
  element.append(probe);
  const read = (name) => {
    probe.style.color = `var(${name})`;
    return getComputedStyle(probe).color;
  };
  return { read, done: () => probe.remove() };
}

const faint = (colour) => colour.replace("rgb(", "rgba(").replace(")", ", 0.16)");
export const slotOf = (series, place) => ((series.color_slot ?? place + 1) - 1) % SLOTS + 1;
export const isDashed = (series, place) => (series.color_slot ?? place + 1) > SLOTS;

function columns(series, log) {
  // On a log scale what is not positive has no place: a gap, not a plunge to the axis.
  const keep = (values) => (log ? values.map((value) => (value > 0 ? value : null)) : values);
  return series.map(({ x, low, high, last }) => [x, keep(low), keep(high), keep(last)]);
}

function drawMarks(u, series, colours) {
  const { ctx, bbox } = u;
  const unit = devicePixelRatio;
  ctx.save();
  ctx.lineWidth = 1.5 * unit;
  series.forEach((one, place) => {
    if (!u.series[3 * place + 3].show) return;
    ctx.strokeStyle = ctx.fillStyle = colours[place];
    for (const { x, kind } of one.marks ?? []) {
      const left = u.valToPos(x, "x", true);
      if (left < bbox.left || left > bbox.left + bbox.width) continue;
      const up = kind === "inf";
      const top = up ? bbox.top + 5 * unit : bbox.top + bbox.height - 5 * unit;
      const size = 4 * unit;
      ctx.beginPath();
      if (kind === "nan") {
        ctx.moveTo(left - size, top - size); ctx.lineTo(left + size, top + size);
        ctx.moveTo(left + size, top - size); ctx.lineTo(left - size, top + size);
        ctx.stroke();
      } else {
        const tip = up ? -size : size;
        ctx.moveTo(left, top + tip); ctx.lineTo(left + size, top - tip); ctx.lineTo(left - size, top - tip);
        ctx.fill();
      }
    }
  });
  ctx.restore();
}

/** The nearest place with a value, so that series on different steps all answer the pointer. */
function nearestIndex(u, at, index) {
  if (at === 0 || u.data[at][index] != null) return index;
  for (let away = 1; away < 200; away++) {
    if (u.data[at][index - away] != null) return index - away;
    if (u.data[at][index + away] != null) return index + away;
  }
  return index;
}

const tzDate = (ms) => window.uPlot.tzDate(new Date(ms), "Etc/UTC");

/** Draws into `place`. `chart` is the server's JSON; `log` for a log y axis; `range`, the zoomed part of x; `onZoom(start, end)`, `onPoint(nearest)`. */
export function drawChart(place, chart, { log, range, onZoom, onPoint }) {
  const { series, x_name: xName } = chart;
  const { read, done } = colourReader(place);
  const colours = series.map((one, index) => read(`--series-${slotOf(one, index)}`));
  const [muted, line, surface] = [read("--text-muted"), read("--line"), read("--bg-surface")];
  done();
  const font = `11px ${getComputedStyle(place).fontFamily}`;
  const axis = { stroke: muted, font, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1, size: 4 } };
  const hidden = { points: { show: false }, stroke: "transparent", width: 0 };
  const lines = series.flatMap((one, index) => [
    { ...hidden }, { ...hidden },
    { label: one.name, stroke: colours[index], width: 1.5, dash: isDashed(one, index) ? DASH : undefined,
      points: { size: 5, fill: surface, width: 1.5 } },
  ]);
  const bands = series.length > BANDS_AT_MOST ? [] : series.map((_, index) => (
    { series: [3 * index + 2, 3 * index + 1], fill: faint(colours[index]) }));
  const options = {
    width: place.clientWidth - 16, height: place.clientHeight, ms: 1, tzDate, legend: { show: false }, bands,
    padding: [8, 8, 0, 0],
    scales: { x: { time: xName === "time", ...(range && { range: () => range }) }, y: { distr: log ? 3 : 1 } },
    axes: [
      { ...axis, size: 30, gap: 4, values: xName === "time" ? undefined : (_, ticks) => ticks.map(compact) },
      { ...axis, size: yAxisSize, gap: 4, values: (_, ticks) => ticks.map((tick) => (tick === null ? "" : compact(tick))) },
    ],
    series: [{}, ...lines],
    focus: { alpha: 0.25 },
    cursor: { dataIdx: nearestIndex, drag: { x: true, y: false, setScale: false }, y: false,
      points: { size: 8, fill: (u, at) => (at % 3 ? "transparent" : colours[at / 3 - 1]), width: 0 } },
    hooks: {
      draw: [(u) => drawMarks(u, series, colours)],
      setSelect: [(u) => { if (u.select.width > 4) onZoom(...zoomed(u)); }],
      setCursor: [(u) => onPoint(nearest(u, series), u)],
    },
  };
  return new window.uPlot(options, window.uPlot.join(columns(series, log)), place);
}

function zoomed(u) {
  const range = [u.posToVal(u.select.left, "x"), u.posToVal(u.select.left + u.select.width, "x")];
  u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  return range;
}

function nearest(u, series) {
  const { top, left, idxs } = u.cursor;
  if (left < 0 || !idxs) return null;
  let best = null;
  series.forEach((one, place) => {
    const at = 3 * place + 3;
    const index = idxs[at];
    const value = u.data[at][index];
    if (value == null || !u.series[at].show) return;
    const away = Math.abs(u.valToPos(value, "y") - top);
    if (!best || away < best.away) {
      best = { away, place, value, x: u.data[0][index], low: u.data[at - 2][index], high: u.data[at - 1][index] };
    }
  });
  return best;
}

const compact = (value) => (Math.abs(value) >= 10000
  ? Intl.NumberFormat("en-US", { notation: "compact", maximumFractionDigits: 1 }).format(value) : numberWords(value));

function yAxisSize(u, values) {
  const longest = Math.max(0, ...(values ?? []).map((text) => text.length));
  return Math.max(36, 14 + 6.6 * longest);
}
