// What a chart says in words: its legend (a button a line), the tip at the pointer, and the table of its values.

import { isDashed, slotOf } from "./chart_plot.js";
import { numberWords } from "./number_words.js";

const ROWS_AT_MOST = 500;

function make(name, className = "", text = "") {
  const element = document.createElement(name);
  if (className) element.className = className;
  element.textContent = text;
  return element;
}

export const labelOf = (one) => one.run ?? one.name;
const xWords = (x, xName) => (xName === "time" ? new Date(x).toISOString().slice(0, 19).replace("T", " ") : numberWords(x));

function swatch(one, place) {
  const line = make("span", `swatch${isDashed(one, place) ? " dashed" : ""}`);
  line.dataset.slot = slotOf(one, place);
  return line;
}

/** A button a series: pressed shows its line, hover or focus brings it to the front. `hidden` keeps what is off. */
export function fillLegend(legend, chart, hidden, plot) {
  legend.replaceChildren(...chart.series.map((one, place) => {
    const button = make("button");
    const label = labelOf(one);
    const show = (on) => {
      button.setAttribute("aria-pressed", String(on));
      for (const at of [1, 2, 3]) plot()?.setSeries(3 * place + at, { show: on });
    };
    button.type = "button";
    button.title = label;
    button.append(swatch(one, place), make("span", "", label));
    button.setAttribute("aria-pressed", String(!hidden.has(label)));
    button.addEventListener("click", () => {
      if (!hidden.delete(label)) hidden.add(label);
      show(!hidden.has(label));
    });
    const focus = (on) => plot()?.setSeries(on ? 3 * place + 3 : null, { focus: on });
    for (const name of ["pointerenter", "focus"]) button.addEventListener(name, () => focus(true));
    for (const name of ["pointerleave", "blur"]) button.addEventListener(name, () => focus(false));
    return button;
  }));
}

/** Shows the nearest value beside the pointer, or nothing. */
export function moveTip(tip, chart, nearest, u) {
  tip.hidden = !nearest;
  if (!nearest) return;
  const one = chart.series[nearest.place];
  const title = make("strong", "", labelOf(one));
  const value = make("span", "", `${chart.x_name} ${xWords(nearest.x, chart.x_name)}: ${numberWords(nearest.value)}`);
  tip.replaceChildren(title, value);
  if (nearest.low != null && nearest.high != null && nearest.low !== nearest.high) {
    tip.append(make("span", "", `from ${numberWords(nearest.low)} to ${numberWords(nearest.high)} here`));
  }
  const over = u.over.getBoundingClientRect();
  const box = tip.parentElement.getBoundingClientRect();
  const at = over.left - box.left + u.valToPos(nearest.x, "x");
  const top = over.top - box.top + u.valToPos(nearest.value, "y");
  const left = at + 12 + tip.offsetWidth > box.width ? at - 12 - tip.offsetWidth : at + 12;
  const high = Math.min(Math.max(top - tip.offsetHeight / 2, 4), Math.max(box.height - tip.offsetHeight - 4, 4));
  tip.style.transform = `translate(${Math.round(left)}px, ${Math.round(high)}px)`;
}

/** The same values as a table: what a chart says to those who cannot see it. */
export function fillTable(wrap, chart) {
  const table = make("table", "data-table");
  const several = chart.series.length > 1;
  const names = [...(several ? ["line"] : []), chart.x_name, "last", "lowest", "highest"];
  const head = table.createTHead().insertRow();
  for (const name of names) {
    const cell = make("th", name === "line" ? "" : "num", name);
    cell.scope = "col";
    head.append(cell);
  }
  const body = table.createTBody();
  const each = Math.max(Math.floor(ROWS_AT_MOST / Math.max(chart.series.length, 1)), 1);
  let left = 0;
  for (const one of chart.series) {
    left += Math.max(one.x.length - each, 0);
    for (let at = 0; at < Math.min(one.x.length, each); at++) {
      const row = body.insertRow();
      if (several) row.append(make("td", "clip", labelOf(one)));
      row.append(make("td", "num", xWords(one.x[at], chart.x_name)));
      for (const values of [one.last, one.low, one.high]) row.append(make("td", "num", numberWords(values[at])));
    }
    for (const mark of one.marks ?? []) {
      const row = body.insertRow();
      if (several) row.append(make("td", "clip", labelOf(one)));
      row.append(make("td", "num", xWords(mark.x, chart.x_name)));
      row.append(make("td", "num", { nan: "NaN", inf: "Inf", "-inf": "-Inf" }[mark.kind]), make("td"), make("td"));
    }
  }
  if (left) table.append(make("caption", "small muted", `The first ${each} places of each line; ${left} more are not listed.`));
  wrap.replaceChildren(table);
}
