# The path is made out before the scope is evaluated.
builtins.scopedImport (throw "not reached") 1
