# The few functions that a package set needs: a fixed point, overlays, dependency injection.
rec {
  fix = f: let self = f self; in self;

  # Applies overlays in turn: each sees the final set and the set before it.
  compose = base: overlays:
    builtins.foldl' (f: overlay: self: let super = f self; in super // overlay self super) base overlays;

  # Calls a package function with what it asks for, taken from the set.
  callWith = set: file: overrides:
    let
      function = import file;
      wanted = builtins.intersectAttrs (builtins.functionArgs function) set;
    in
    makeOverridable function (wanted // overrides);

  makeOverridable = function: arguments:
    function arguments // { override = changes: makeOverridable function (arguments // changes); };

  isDerivation = value: builtins.isAttrs value && value.type or null == "derivation";

  # Every package that a package is built from, directly or not, each once.
  closure = packages:
    builtins.genericClosure {
      startSet = map (package: { key = package.drvPath; inherit package; }) packages;
      operator = { package, ... }: map (input: { key = input.drvPath; package = input; }) package.inputs;
    };

  padRight = width: text:
    let missing = width - builtins.stringLength text;
    in text + builtins.concatStringsSep "" (builtins.genList (_: " ") (if missing > 0 then missing else 0));
}
