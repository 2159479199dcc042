# What `//`, `removeAttrs` and `intersectAttrs` make is a set of its own, even where all is taken from one side.
let
  f = x: { a = x; };
  b = f 2;
in
[ b (f 1 // b) (removeAttrs b [ "z" ]) (builtins.intersectAttrs b b) (b // { }) ]
