{ mkPackage, crystal, flake-press, withLights ? true }:
mkPackage {
  name = "plough";
  version = "3.0";
  summary = "clears what has settled";
  inputs = [ crystal flake-press ];
  environment.lights = if withLights then "on" else "off";
}
