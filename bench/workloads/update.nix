# `//` of small sets in a fold: the set grows to two hundred names, again and again.
let
  grow = _: builtins.foldl' (set: n: set // { "a${toString n}" = n; }) { } (builtins.genList (n: n) 200);
in
builtins.length (builtins.concatMap builtins.attrValues (builtins.genList grow 200))
