# Comparators that are an operator by themselves, and such as only look like it.
let
  numbers = [ 3 1 2 9223372036854775807 (-5) 2 0 ];
  floats = [ 1.5 (-0.5) 1.25 3.0 ];
  words = [ "b" "a" "ab" "" "B" ];
  paths = [ /b /a /a/b ];
  less = a: b: a < b;
  more = a: b: a > b;
  both = list: [ (builtins.sort less list) (builtins.sort more list) ];
  mixed = [ 2 1.5 1 ];
in {
  sorted = map both [ numbers floats words paths mixed [ [ 2 ] [ 1 5 ] [ 1 ] ] [ ] [ 1 ] ];
  flipped = [ (builtins.sort (a: b: b < a) numbers) (builtins.sort (a: b: b > a) numbers) (builtins.sort (a: b: a <= b) [ 2 1 3 ]) ];
  # Equal ones keep their order: 1 and 1.0 are equal.
  stable = [ (builtins.sort less [ 1.0 1 0 1.0 ]) (builtins.sort more [ 1 1.0 2 1 ]) ];
  other = [ (builtins.sort (a: b: a.n < b.n) [ { n = 2; } { n = 1; } ]) (builtins.sort (a: b: b == 2) [ 1 2 3 ]) ];
  lazy = builtins.sort (a: b: a < b) (map (x: x * 7 - x * x) [ 1 2 3 4 5 ]);
  failures = map (list: (builtins.tryEval (builtins.sort less list)).success) [ [ 1 (throw "no") ] [ (throw "no") ] ];
}
