let
  later = early + 1;
  alias = early;
  early = 1;
  f = x: g x;
  g = x: f x;
  const = x: y: x;
  inherit (later) q;
  list = [ 1 early ];
  quick = [ 1 "2" ];
in
let y = f later; in [ y (let z = const; in z q) alias list quick ]
