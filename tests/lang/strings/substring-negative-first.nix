# A negative start is reported before the length is evaluated.
builtins.substring (-1) (throw "not reached") (throw "not reached")
