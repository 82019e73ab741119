# Option types of the stand-in: what they accept, and how they name themselves in an error.
let
  type = name: check: { inherit name check; };
in
rec {
  bool = type "boolean" builtins.isBool;
  str = type "string" builtins.isString;
  package = type "package" (value: builtins.isAttrs value && value ? outPath);
  deferredModule = type "module" (
    value: builtins.isFunction value || builtins.isAttrs value || builtins.isPath value
  );
  ints = {
    unsigned = type "unsigned integer, meaning >=0" (value: builtins.isInt value && value >= 0);
    positive = type "positive integer, meaning >0" (value: builtins.isInt value && value > 0);
  };
  enum =
    values:
    type "one of ${builtins.concatStringsSep ", " (map builtins.toJSON values)}" (
      value: builtins.elem value values
    );
  nullOr = inner: type "null or ${inner.name}" (value: value == null || inner.check value);
  listOf =
    inner: type "list of ${inner.name}" (value: builtins.isList value && builtins.all inner.check value);
}
