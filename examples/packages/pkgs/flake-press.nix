{ mkPackage, crystal, compression ? "fine" }:
mkPackage {
  name = "flake-press";
  version = "0.9";
  summary = "presses crystals into flakes";
  inputs = [ crystal ];
  environment = { inherit compression; };
}
