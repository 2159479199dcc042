let
  plain = derivation { name = "a"; system = "s"; builder = "b"; };
in
builtins.outputOf (builtins.unsafeDiscardOutputDependency plain.drvPath) "nope"
