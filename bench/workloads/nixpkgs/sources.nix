# Reading sources: the modules of NixOS are read and parsed, and hardly anything is evaluated.
{ nixpkgs }:
let
  below = folder: builtins.concatLists (builtins.attrValues (builtins.mapAttrs (entry folder) (builtins.readDir folder)));
  entry = folder: name: type:
    let path = folder + "/${name}";
    in if type == "directory" then below path else if builtins.match ".*\\.nix" name != null then [ path ] else [ ];
in
builtins.length (builtins.filter (file: builtins.isFunction (import file)) (below (/. + nixpkgs + "/nixos/modules")))
