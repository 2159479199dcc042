# Whether the left set is a derivation is looked at before the sizes.
[ ({ a = 1; } == { type = throw "not looked at"; }) ({ type = throw "type"; a = 1; } == { a = 2; }) ]
