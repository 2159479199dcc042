builtins.foldl' 1 (throw "not reached") (throw "not reached")
