// How a number is written: five significant digits, as runs/templatetags/look.py writes it.

export function numberWords(value) {
  if (value === null || value === undefined) return "–";
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Inf" : "-Inf";
  const size = Math.abs(value);
  if (size >= 1e15 || (size > 0 && size < 0.001)) {
    return value.toExponential(4).replace(/\.?0+e/, "e").replace("e+", "e");
  }
  if (Number.isInteger(value)) return value.toLocaleString("en-US");
  return value.toLocaleString("en-US", { maximumSignificantDigits: Math.max(5, Math.ceil(Math.log10(size)) + 1) });
}
