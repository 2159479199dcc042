a: b: {
  plain = { inherit a b; c = a; d.e = b 1; };
  sources = { inherit (a.b) x y; };
  computed = { ${a} = 1; k = b; "x${b}" = a b; };
  list = [ a (b a) [ a [ b ] ] ];
  long = [ 1 2 3 4 5 6 7 8 9 ];
}
