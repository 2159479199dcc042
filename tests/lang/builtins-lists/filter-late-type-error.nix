# The first result that is no boolean, far into the list, ends the calls.
builtins.filter (n: if n < 700 then true else if n == 700 then "${toString n}" else throw "called too often")
  (builtins.genList (i: i) 900)
