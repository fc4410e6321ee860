// Keeps times true while a page stays open: <time data-relative datetime> says how long ago (as
// runs/templatetags/look.py does), <span data-since="ms"> how long something has been running.

const SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

export function relative(moment, now) {
  const past = now - moment;
  if (past < 45 * SECOND) return past > -MINUTE ? (past < 0 ? "now" : "just now") : null;
  if (past < HOUR) return `${Math.max(Math.floor(past / MINUTE), 1)} min ago`;
  if (past < DAY) return `${Math.floor(past / HOUR)} h ago`;
  const days = Math.floor(past / DAY);
  if (days < 7) return days === 1 ? "yesterday" : `${days} days ago`;
  return null;
}

export function duration(length) {
  const part = (unit, of) => Math.floor((length % of) / unit);
  const two = (value) => String(value).padStart(2, "0");
  if (length < 10 * SECOND) return `${(Math.floor(Math.max(length, 0) / 100) / 10).toFixed(1)}s`;
  if (length < MINUTE) return `${part(SECOND, MINUTE)}s`;
  if (length < HOUR) return `${part(MINUTE, HOUR)}m ${two(part(SECOND, MINUTE))}s`;
  if (length < DAY) return `${part(HOUR, DAY)}h ${two(part(MINUTE, HOUR))}m`;
  return `${Math.floor(length / DAY)}d ${part(HOUR, DAY)}h`;
}

function write(element, text) {
  if (text !== null && element.textContent !== text) element.textContent = text;
}

function tick() {
  if (document.hidden) return;
  const now = Date.now();
  for (const since of document.querySelectorAll("[data-since]")) write(since, duration(now - Number(since.dataset.since)));
  if (now - lastLook < 20 * SECOND) return;
  lastLook = now;
  for (const time of document.querySelectorAll("time[data-relative]")) {
    write(time, relative(Date.parse(time.dateTime), now));
  }
}

let lastLook = Date.now();
setInterval(tick, SECOND);
document.addEventListener("visibilitychange", () => { lastLook = 0; tick(); });
