# The first result that is no list, far into the list, ends the calls.
builtins.concatMap (n: if n < 700 then [ n ] else if n == 700 then { inherit n; } else throw "called too often")
  (builtins.genList (i: i) 900)
