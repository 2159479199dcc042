builtins.getAttr 1 (throw "not reached")
