# A small package set with overlays, and a report about it.
#
#   nivose eval --raw --file examples/packages report
#   nivose nix-instantiate examples/packages -A packages.plough
{ system ? "x86_64-linux" }:
let
  lib = import ./lib.nix;

  base = self: {
    mkPackage = { name, version, summary, inputs ? [ ], environment ? { } }:
      derivation ({
        inherit system version;
        name = "${name}-${version}";
        builder = "/bin/sh";
        args = [ "-c" "echo ${name} > $out" ];
        buildInputs = inputs;
      } // environment) // { inherit summary inputs version; pname = name; };

    crystal = lib.callWith self ./pkgs/crystal.nix { };
    flake-press = lib.callWith self ./pkgs/flake-press.nix { };
    plough = lib.callWith self ./pkgs/plough.nix { };
  };

  # A release that changes one package changes everything built from it.
  thaw = self: super: {
    flake-press = super.flake-press.override { compression = "coarse"; };
    plough-dark = self.plough.override { withLights = false; };
  };

  before = lib.fix base;
  packages = lib.fix (lib.compose base [ thaw ]);
  all = builtins.filter lib.isDerivation (builtins.attrValues packages);

  line = package:
    let
      old = before.${package.pname} or null;
      mark =
        if old == null then "+"
        else if old.drvPath == package.drvPath then " "
        else "~";
    in
    "  ${mark} ${lib.padRight 18 package.name} ${lib.padRight 46 package.summary} "
    + "${toString (builtins.length (lib.closure [ package ]))} derivation(s)\n"
    + "      ${builtins.unsafeDiscardStringContext package.outPath}\n";
in
{
  inherit packages;
  report = ''
    Packages (~ rebuilt by the overlay "thaw")

    ${builtins.concatStringsSep "" (map line all)}
  '';
}
