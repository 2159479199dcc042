# Derivations: six thousand, each of which needs the ones before it.
let
  make = before: n: derivation {
    name = "step-${toString n}";
    system = "x86_64-linux";
    builder = "/bin/sh";
    args = [ "-c" "cat $inputs > $out" ];
    inputs = before;
    number = n;
  };
in
(builtins.foldl' (before: n: "${make before n}") "/start" (builtins.genList (n: n) 6000))
