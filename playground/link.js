// Sources in the fragment of the page's address: deflated JSON in base64url.

async function through(stream, bytes) {
  const blob = new Blob([bytes]).stream().pipeThrough(stream);
  return new Uint8Array(await new Response(blob).arrayBuffer());
}

export async function toFragment(state) {
  const bytes = await through(new CompressionStream("deflate-raw"), new TextEncoder().encode(JSON.stringify(state)));
  const binary = Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
  return btoa(binary).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The state in a fragment, or null if it holds none. */
export async function fromFragment(fragment) {
  if (!fragment) return null;
  try {
    const binary = atob(fragment.replaceAll("-", "+").replaceAll("_", "/"));
    const bytes = Uint8Array.from(binary, (character) => character.charCodeAt(0));
    const state = JSON.parse(new TextDecoder().decode(await through(new DecompressionStream("deflate-raw"), bytes)));
    const files = Object.entries(state.files ?? {});
    const whole = files.length > 0 && files.every(([, text]) => typeof text === "string") && state.entry in state.files;
    return whole ? { files: state.files, entry: state.entry, strict: state.strict === true } : null;
  } catch {
    return null;
  }
}
