# `//` in folds: sets that grow to some hundred names, one that grows to three thousand, small changes to a wide one.
let
  numbers = builtins.genList (n: n);
  grow = size: builtins.foldl' (set: n: set // { "name${toString n}" = n; }) { } (numbers size);
  changed = builtins.foldl' (set: n: set // { last = n; "name${toString (n / 16)}" = set.last; }) (grow 500 // { last = 0; }) (numbers 10000);
in
[ (builtins.length (builtins.concatMap (_: builtins.attrValues (grow 200)) (numbers 100))) (grow 3000).name2345 changed.last changed.name77 ]
