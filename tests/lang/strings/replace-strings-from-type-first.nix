builtins.replaceStrings "a" (throw "not reached") (throw "not reached")
