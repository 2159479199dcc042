[ 1 1.5 "text" '' indented '' ./relative/path /abs/./a/../b ~/home <nixpkgs/lib> null true map builtins.head builtins derivation [ ] { } ]
