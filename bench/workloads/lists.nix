# Lists: map, filter, concatMap, elem, sorting with a function.
let
  numbers = builtins.genList (n: (n * 7919) - (n * 7919) / 10007 * 10007) 100000;
  sorted = builtins.sort (a: b: a < b) numbers;
  pairs = builtins.concatMap (n: [ n (n + 1) ]) (builtins.filter (n: n - n / 3 * 3 == 0) sorted);
in
[ (builtins.length pairs) (builtins.elemAt sorted 50000) (builtins.elem (0 - 1) sorted) (builtins.foldl' (a: b: a + b) 0 pairs) ]
