# IPv4 arithmetic out of builtins alone, so that it can be evaluated and tested without nixpkgs.
# An address is a whole number inside, "10.77.0.101" outside; whatever is no address is null.
let
  octet = "(0|[1-9][0-9]?[0-9]?)";

  powerOfTwo = exponent: builtins.foldl' (product: _: product * 2) 1 (builtins.genList (n: n) exponent);

  # Rounds down to a multiple.
  floorTo = multiple: number: number - (number - (number / multiple) * multiple);

  # "10.77.0.1" -> number, or null. Octets with leading zeros are refused: some programs read them as octal.
  parse =
    text:
    let
      octets = builtins.match "${octet}\\.${octet}\\.${octet}\\.${octet}" text;
      numbers = map builtins.fromJSON octets;
    in
    if octets == null || builtins.any (number: number > 255) numbers then
      null
    else
      builtins.foldl' (sum: number: sum * 256 + number) 0 numbers;

  # number -> "10.77.0.1"
  format =
    number:
    builtins.concatStringsSep "." (
      map (
        unit:
        let
          shifted = number / unit;
        in
        toString (shifted - (shifted / 256) * 256)
      ) [ 16777216 65536 256 1 ]
    );

  # "10.77.0.0/24" -> { base, length, size }, or null. `base` has its host bits cleared; `exact` says whether it was given so.
  parsePrefix =
    text:
    let
      parts = builtins.match "([0-9.]+)/(0|[1-9][0-9]?)" text;
      given = parse (builtins.elemAt parts 0);
      length = builtins.fromJSON (builtins.elemAt parts 1);
      size = powerOfTwo (32 - length);
      base = floorTo size given;
    in
    if parts == null || given == null || length > 32 then
      null
    else
      {
        inherit base length size;
        exact = base == given;
      };

  # The nth address of a prefix as text; the 0th is the network itself. Null outside of the prefix or without one.
  host =
    prefix: n:
    if prefix == null || n < 0 || n >= prefix.size then null else format (prefix.base + n);
in
{
  inherit
    parse
    format
    parsePrefix
    host
    ;
}
