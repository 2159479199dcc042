# A comparator that prints shows which elements are compared: few are sorted by insertion.
builtins.sort (a: b: builtins.trace "${toString a} before ${toString b}" (a < b)) [ 3 1 2 5 4 ]
