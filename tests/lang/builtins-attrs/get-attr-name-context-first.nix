builtins.getAttr (builtins.unsafeDiscardOutputDependency (derivation { name = "n"; system = "s"; builder = "b"; }).drvPath) (throw "not reached")
