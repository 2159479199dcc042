# Next to nothing: what starting takes.
1 + 1
