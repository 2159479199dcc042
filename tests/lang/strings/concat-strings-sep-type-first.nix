builtins.concatStringsSep 1 (throw "not reached")
