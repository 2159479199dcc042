builtins.hasAttr null (throw "not reached")
