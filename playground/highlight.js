// Colours for Nix source. Approximate where that shows nowhere: interpolations are coloured as code, nested to any depth.

const KEYWORDS = new Set(["let", "in", "if", "then", "else", "with", "rec", "inherit", "assert", "or"]);
const LITERALS = new Set(["true", "false", "null"]);

const TOKEN = new RegExp(
  [
    "(?<comment>#[^\\n]*|/\\*[\\s\\S]*?(?:\\*/|$))",
    "(?<uri>[a-zA-Z][a-zA-Z0-9+.\\-]*:[a-zA-Z0-9%/?:@&=+$,\\-_.!~*']+)",
    "(?<path>(?:[a-zA-Z0-9._+-]+|~)?(?:/[a-zA-Z0-9._+-]+)+/?|<[a-zA-Z0-9._+-]+(?:/[a-zA-Z0-9._+-]+)*>)",
    "(?<number>\\d+\\.?\\d*(?:[eE][+-]?\\d+)?)",
    "(?<name>[a-zA-Z_][a-zA-Z0-9_'-]*)",
    "(?<quote>\"|'')",
    "(?<brace>[{}]|\\$\\{)",
    "(?<other>[\\s\\S])",
  ].join("|"),
  "uy",
);

/** Pieces of a source: the text of each, and its class or "". Together they are the source. */
export function pieces(source) {
  const out = [];
  // What the closing brace on top leads back to: "" for code, or the quote of a string.
  const stack = [];
  let at = 0;
  const push = (text, kind) => {
    const last = out.at(-1);
    if (last && last.kind === kind) last.text += text;
    else if (text) out.push({ text, kind });
    at += text.length;
  };
  const string = (quote) => {
    const end = endOfString(source, at, quote);
    push(source.slice(at, end), "string");
    if (source.startsWith("${", at)) {
      push("${", "interpolation");
      stack.push(quote);
    } else if (source.startsWith(quote, at)) push(quote, "string");
  };
  while (at < source.length) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(source);
    const [text, groups] = [found[0], found.groups];
    if (groups.quote) {
      push(text, "string");
      string(text);
    } else if (groups.brace === "}") {
      const quote = stack.pop();
      push(text, quote ? "interpolation" : "");
      if (quote) string(quote);
    } else if (groups.brace) {
      stack.push("");
      push(text, "");
    } else push(text, kindOf(groups, text));
  }
  return out;
}

function kindOf(groups, text) {
  if (groups.comment) return "comment";
  if (groups.number) return "number";
  if (groups.path || groups.uri) return "path";
  if (!groups.name) return "";
  if (KEYWORDS.has(text)) return "keyword";
  if (LITERALS.has(text)) return "number";
  return text === "builtins" ? "builtin" : "";
}

// Where the text of a string that begins at `at` ends: at its closing quote or at an interpolation.
function endOfString(source, at, quote) {
  for (; at < source.length; at += 1) {
    if (quote === '"' && source[at] === "\\") at += 1;
    else if (quote === "''" && source.startsWith("''", at) && /['$\\]/.test(source[at + 2] ?? "")) at += source[at + 2] === "\\" ? 3 : 2;
    else if (source.startsWith("$$", at)) at += 1;
    else if (source.startsWith("${", at) || source.startsWith(quote, at)) return at;
  }
  return source.length;
}
