# The first in byte order is named, whichever was met first.
{ zzz = 1; aaa = 2; path = builtins.path { zzz = 1; aaa = 1; path = ./.; }; }.path
