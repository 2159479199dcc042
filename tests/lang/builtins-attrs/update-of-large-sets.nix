# A large set updated by a small one, and the other way round: whatever is asked of the result, no value is needed that
# was not asked for, positions are those of the side that wins, and none of the sets changes.
let
  inherit (builtins) attrNames attrValues foldl' genList length listToAttrs unsafeGetAttrPos;
  name = i: "n${toString i}";
  never = throw "nobody needs this";
  base = listToAttrs (genList (i: { name = name i; value = i; }) 200) // { bad = never; };
  over = base // {
    n7 = "seven";
    extra = 1;
    n8 = never;
  };
  under = {
    n7 = never;
    other = x: x;
  } // base;
  line = n: set: (unsafeGetAttrPos n set).line or null;
  lines = set: map (n: line n set) [ "n7" "n9" "extra" "other" "bad" "missing" ];
  grown = foldl' (a: i: a // { ${name i} = i; more = (a.more or 0) + 1; }) base (genList (i: i * 3) 100);
  grown' = foldl' (a: i: { ${name i} = throw "lost"; } // { ${"left${toString i}"} = i; } // a) base (genList (i: i) 100);
  again = foldl' (a: i: a // { n1 = (a.n1 or 0) + i; }) over (genList (i: i) 50);
in
{
  lengths = map (s: length (attrNames s)) [ base over under grown grown' again ];
  values = [ over.n7 over.n6 over.extra under.n7 (under.other 3) over.none or "none" (over ? n8) (over ? none) ];
  lines = [ (lines base) (lines over) (lines under) (lines (under // over)) (lines (builtins.mapAttrs (_: v: v) over)) ];
  scope = with over; [ n7 n9 extra ];
  grown = [ grown.n0 grown.n297 grown.n1 grown.more (attrNames grown == attrNames (removeAttrs grown [ ])) ];
  grown' = [ grown'.n5 grown'.left99 (grown' ? n99) ];
  again = [ again.n1 again.n7 over.n1 ];
  parts = [
    (removeAttrs over (attrNames base))
    (builtins.intersectAttrs { n7 = 0; other = 0; } (over // { other = 2; }))
    (length (attrValues (over // over)))
    (builtins.catAttrs "n7" [ base over (over // { n7 = 7; }) ])
    (builtins.functionArgs (builtins.head [ ({ a ? 1 }: a) ]))
    (({ n7, extra, ... }@all: [ n7 extra (all == over) ]) (removeAttrs over [ "bad" "n8" ]))
  ];
  equal = [
    ([ over ] == [ over ])
    ([ under ] == [ under ])
    (removeAttrs over [ "bad" "n8" ] == removeAttrs (base // { extra = 1; n7 = "seven"; }) [ "n8" "bad" ])
    (removeAttrs base [ "bad" ] == removeAttrs grown [ "bad" "more" ])
  ];
  derived = (derivation (over // { name = "x"; system = "none"; builder = "/b"; bad = 1; n8 = 2; })).drvPath;
  json = builtins.hashString "sha256" (builtins.toJSON (over // { bad = 1; n8 = [ ]; }));
  failing = map (e: (builtins.tryEval e).success) [ over.n8 under.bad (builtins.deepSeq over 1) (over.n8 or 1) ];
}
