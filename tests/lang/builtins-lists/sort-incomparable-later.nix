# The first pair that cannot be compared: the third element meets the greatest of those before it.
builtins.sort builtins.lessThan [ 3 1 "x" ]
