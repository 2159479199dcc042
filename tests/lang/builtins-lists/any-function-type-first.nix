builtins.any 1 (throw "not reached")
