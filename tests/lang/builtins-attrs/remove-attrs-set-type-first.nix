builtins.removeAttrs 1 (throw "not reached")
