# A list that is selected, or passed through a function, is another place: it is written out in both.
let
  config = { list = [ "a" ]; nested.list = [ 1 2 ]; };
  id = x: x;
  direct = [ 3 ];
in
{
  before = config.list;
  config = config;
  later = [ config.list config.nested.list ];
  viaFunction = [ (id direct) direct direct ];
  viaCondition = [ (if true then direct else null) direct ];
  viaWith = with config; list;
}
