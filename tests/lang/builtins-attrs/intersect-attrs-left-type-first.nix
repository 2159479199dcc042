builtins.intersectAttrs [ ] (throw "not reached")
