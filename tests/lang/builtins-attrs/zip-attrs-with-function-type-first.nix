builtins.zipAttrsWith { } (throw "not reached")
