# removeAttrs and intersectAttrs make new sets even if all attributes stay: they are printed again.
let s = { a = 1; }; in [ s s (removeAttrs s [ ]) (removeAttrs s [ "b" ]) (builtins.intersectAttrs s s) ]
