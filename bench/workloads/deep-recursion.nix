# Recursion that is no tail call: eight thousand calls that wait for each other, again and again.
let
  length = list: if list == null then 0 else 1 + length list.rest;
  chain = n: builtins.foldl' (rest: _: { inherit rest; }) null (builtins.genList (n: n) n);
  long = chain 8000;
in
builtins.foldl' (sum: _: sum + length long) 0 (builtins.genList (n: n) 60)
