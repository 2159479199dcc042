// Programs to begin with. The first is shown to who comes without a link.

const one = (name, text, more = {}) => ({ name, files: { "main.nix": text }, entry: "main.nix", strict: false, ...more });

export const EXAMPLES = [
  one(
    "Laziness",
    `# Nothing is evaluated before it is needed.
# Set "Evaluate" to "all" to see the rest.
let
  naturals = from: { head = from; tail = naturals (from + 1); };

  take = n: stream:
    if n == 0 then [ ]
    else [ stream.head ] ++ take (n - 1) stream.tail;
in
{
  infinite = take 5 (naturals 1);
  broken = throw "never reached, unless you ask";
  sum = builtins.foldl' (a: b: a + b) 0 (take 100 (naturals 1));
}
`,
  ),
  one(
    "Fixed points",
    `# Overlays: each layer sees the final set and the one below it.
let
  fix = f: let self = f self; in self;
  extend = base: overlay: self:
    let super = base self;
    in super // overlay self super;

  packages = self: {
    version = "1.0";
    plough = "plough-\${self.version}";
    farm = [ self.plough "barn" ];
  };
  newer = self: super: { version = "2.0"; };
in
fix (extend packages newer)
`,
    { strict: true },
  ),
  one(
    "A derivation",
    `# Store paths are computed exactly; nothing is built.
let
  source = builtins.toFile "greeting.txt" "Hello from a web page\\n";

  package = derivation {
    name = "greeting-1.0";
    system = "x86_64-linux";
    builder = "/bin/sh";
    args = [ "-c" "cat \${source} > $out" ];
  };
in
{
  inherit (package) drvPath outPath;
  needs = builtins.attrNames (builtins.getContext "\${package}");
}
`,
    { strict: true },
  ),
  {
    name: "Modules",
    entry: "main.nix",
    strict: true,
    files: {
      "main.nix": `# A module system in a few lines; the modules are in files of their own.
let
  lib = import ./lib.nix;
in
lib.evaluate [ ./server.nix ./site.nix ]
`,
      "lib.nix": `{
  # The configuration is the fixed point of what all modules say of it.
  evaluate = modules:
    let
      config = merge (map (module: import module { inherit config; }) modules);
      merge = builtins.foldl' mergeTwo { };
      mergeTwo = a: b: a // builtins.mapAttrs (name: value:
        if builtins.isAttrs value && a ? \${name} then mergeTwo a.\${name} value else value) b;
    in
    config;
}
`,
      "server.nix": `{ config }:
{
  server = {
    port = 8080;
    url = "http://\${config.site.host}:\${toString config.server.port}/";
  };
}
`,
      "site.nix": `{ config }:
{
  site.host = "example.org";
  server.workers = if config.server.port < 1024 then 1 else 4;
}
`,
    },
  },
  one(
    "An error with a trace",
    `# Where did the string come from? See "Problems".
let
  defaults = { port = "80"; };

  next = config: config.port + 1;

  services = map (config: { port = next config; }) [
    { port = 8000; }
    defaults
  ];
in
builtins.foldl' (sum: service: sum + service.port) 0 services
`,
  ),
  one(
    "Infinite recursion",
    `# The cycle is told step by step.
let
  width = height * 2;
  height = area / width;
  area = 50;
in
width
`,
  ),
  one(
    "Ninety thousand calls deep",
    `# Frames lie on the heap: depth is a limit, not a crash.
let
  count = n: if n == 0 then 0 else 1 + count (n - 1);
in
count 90000
`,
  ),
  one(
    "Takes ages",
    `# "Stop" ends it; so does the limit of time.
let
  fib = n: if n < 2 then n else fib (n - 1) + fib (n - 2);
in
fib 60
`,
  ),
];
