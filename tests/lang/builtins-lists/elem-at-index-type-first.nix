builtins.elemAt (throw "not reached") "0"
