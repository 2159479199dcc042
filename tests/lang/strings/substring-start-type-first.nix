builtins.substring "0" (throw "not reached") (throw "not reached")
