# Sets of one size are compared attribute by attribute, up to the first name that is not the same.
let
  v = n: x: builtins.trace n x;
in
[
  ({ a = v "a" 1; b = v "b" 1; } == { a = v "a'" 1; c = v "c'" 1; })
  ({ a = v "a" 1; b = v "b" 1; } == { a = v "a'" 2; c = v "c'" 1; })
  ({ b = v "b" 1; c = v "c" 1; } == { a = v "a'" 1; c = v "c'" 1; })
  (builtins.tryEval ({ a = throw "a"; b = 1; } == { a = 1; c = 1; })).success
  (builtins.tryEval ({ a = throw "a"; b = 1; } == { a = 1; b = 1; c = 1; })).success
]
