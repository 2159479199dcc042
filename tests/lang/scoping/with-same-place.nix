# The same place in the source looks names up in scopes that stay, that change, and that only share some.
let
  lib = rec { step = x: x + size; size = 2; name = "lib"; };
  count = with lib; n: if n == 0 then 0 else step (count (n - 1));
  inner = with lib; set: with set; [ name size (step 1) ];
  lazy = set: with lib; with set; x: if x then name else missing;
  sets = [ { } { name = "a"; } { size = 5; } { step = x: "own"; } { } { name = "b"; } ];
in
[
  (count 500)
  (map inner sets)
  (map (set: lazy set true) sets)
  (map (set: (builtins.tryEval (lazy (set // { missing = throw "late"; }) false)).success) sets)
  (builtins.genList (n: with lib; with { inherit n; }; [ n size ]) 3)
]
