# As in integer-arguments, but what is only stored is shown, by trace, as the suspended expression that it is.
let
  i = 3;
  keep = x: [ x ];
  pair = a: b: { inherit a b; };
  first = a: b: if a == 0 then [ b ] else [ a b ];
  shadowed = n: let n = [ 1 ]; in n;
  later = x: y: if y == 0 then [ x ] else [ ];
  show = builtins.foldl' (done: value: builtins.trace value done) "shown";
in show [ (keep (i + 1)) (pair (i + 1) (i - 1)) (first (i - 3) (i + 1)) (first (i - 2) (i + 1)) (shadowed (i + 1)) (later (i + 1) (i - 3)) ]
