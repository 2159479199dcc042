# Outputs that are not evaluated yet are added one after the other.
let
  path = "/nix/store/00000000000000000000000000000000-a.drv";
  names = builtins.genList (n: "out${toString n}") 500;
  string = builtins.appendContext "s" { ${path} = { outputs = names; path = true; }; };
in
builtins.length (builtins.getContext string).${path}.outputs
