# A NixOS system.
{ nixpkgs }:
(import "${nixpkgs}/nixos" {
  system = "x86_64-linux";
  configuration = {
    boot.loader.grub.device = "/dev/sda";
    fileSystems."/".device = "/dev/sda1";
    services.openssh.enable = true;
  };
}).system.drvPath
