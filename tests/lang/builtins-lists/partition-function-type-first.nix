builtins.partition null (throw "not reached")
