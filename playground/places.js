// The evaluator counts bytes of UTF-8, a page counts units of UTF-16.

/** For each byte of a text, and its end, the unit that it belongs to. */
export function units(text) {
  const out = [];
  let unit = 0;
  for (const character of text) {
    const code = character.codePointAt(0);
    const bytes = code < 0x80 ? 1 : code < 0x800 ? 2 : code < 0x10000 ? 3 : 4;
    for (let byte = 0; byte < bytes; byte += 1) out.push(unit);
    unit += character.length;
  }
  out.push(unit);
  return out;
}

/** The byte at which a line (counted from 1) begins, plus a column (counted from 1). */
export function byteAt(text, line, column) {
  const before = text.split("\n").slice(0, line - 1).join("\n");
  const start = line > 1 ? new TextEncoder().encode(before).length + 1 : 0;
  return start + column - 1;
}
