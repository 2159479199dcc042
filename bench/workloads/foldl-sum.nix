# A fold over a long list: nothing but calls of a function of two arguments.
builtins.foldl' (sum: n: sum + n) 0 (builtins.genList (n: 3 * n + 1) 800000)
