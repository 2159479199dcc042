builtins.catAttrs 1.5 (throw "not reached")
