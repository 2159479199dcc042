# The default.nix of a directory may be a link; paths in it are relative to the directory of the link.
[ (import ./data/linked-default) (import ./data/linked-default/default.nix) ]
