# The first argument must be an integer before the second is evaluated.
builtins.bitAnd "a" (throw "not reached")
