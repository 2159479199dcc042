# A loop as functional programs write it: tail calls, with an accumulator that seq keeps evaluated.
let
  gcd = a: b: if b == 0 then a else gcd b (a - a / b * b);
  count = from: found: if from == 0 then found else let next = found + gcd from 360; in builtins.seq next (count (from - 1) next);
in
builtins.foldl' (sum: _: sum + count 3000 0) 0 (builtins.genList (n: n) 60)
