# An evaluation that only reads does not ask whether the path is valid.
let p = builtins.storePath "/nix/store/ac0s7xm5f0m9nkvs4rz7jnnpfqw1h7xr-plain/sub"; in [ p (builtins.getContext p) ]
