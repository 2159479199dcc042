# Regular expressions: matching with groups, splitting.
let
  version = n: "package-name-${toString n}.${toString (n * 7)}.${toString (n - n / 10 * 10)}-rc1";
  parse = name: builtins.match "(.*)-([0-9]+)\\.([0-9]+)\\.([0-9]+)(-.*)?" name;
  parsed = map (n: parse (version n)) (builtins.genList (n: n) 12000);
  lines = builtins.split "[\n]+" (builtins.concatStringsSep "\n" (builtins.genList version 20000));
in
[ (builtins.length lines) (builtins.elemAt (builtins.elemAt parsed 1234) 2) (builtins.length (builtins.filter (m: m != null) parsed)) ]
