builtins.groupBy "f" (throw "not reached")
