# Six NixOS systems in one evaluation, each with a service more.
{ nixpkgs }:
let
  services = [ "openssh" "nginx" "postgresql" "ntp" "printing" "xserver" ];
  take = count: builtins.genList (builtins.elemAt services) count;
  system = index: (import "${nixpkgs}/nixos" {
    system = "x86_64-linux";
    configuration = {
      boot.loader.grub.device = "/dev/sda";
      fileSystems."/".device = "/dev/sda${toString (index + 1)}";
      networking.hostName = "machine-${toString index}";
      services = builtins.listToAttrs (map (name: { inherit name; value.enable = true; }) (take (index + 1)));
    };
  }).system.drvPath;
in
builtins.genList system 6
