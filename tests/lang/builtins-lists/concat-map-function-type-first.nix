builtins.concatMap [ ] (throw "not reached")
