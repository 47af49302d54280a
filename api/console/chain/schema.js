// An operation's JSON Schema told as controls. Knows nothing of their looks.

const COLOURS = new Set(["color", "colors", "fill", "from", "to", "background"]);
const SHA = "sha256:";

/** {name, kind, nullable, required, initial, …} of each parameter, in the schema's order; "op" left out. */
export function parameters(schema, root = schema) {
  return Object.entries(schema.properties ?? {})
    .filter(([name]) => name !== "op")
    .map(([name, property]) => ({
      ...describe(property, root, name),
      name,
      required: (schema.required ?? []).includes(name),
      initial: resolved(property, root).default ?? property.default,
    }));
}

/** Where nothing said would be nothing done, a beginning to change. */
const BEGINNINGS = { recolor: { color: "#1f3a6e" }, crop: { product: true, margin: 0.1 }, perspective: { auto: true } };

/** What the operation is like before anybody touched it: its required parameters, and what makes it do something. */
export function fresh(op, schema) {
  const made = { op, ...BEGINNINGS[op] };
  for (const parameter of parameters(schema)) {
    if (parameter.required && parameter.initial === undefined) made[parameter.name] = blank(parameter);
  }
  return made;
}

/** The operation without what its schema says anyway. */
export function pruned(operation, schema) {
  const usual = new Map(schema ? parameters(schema).filter(({ required }) => !required).map(({ name, initial }) => [name, JSON.stringify(initial ?? null)]) : []);
  const empty = (value) => typeof value === "object" && value !== null && !Object.keys(value).length;
  return Object.fromEntries(Object.entries(operation).filter(([name, value]) => usual.get(name) !== JSON.stringify(value) && !(usual.has(name) && empty(value))));
}

/** A first value of a kind, where one has to be there. */
export function blank(parameter) {
  switch (parameter.kind) {
    case "choice": return parameter.options[0];
    case "either": return parameter.word;
    case "number": return Math.max(parameter.least ?? 0, Math.min(parameter.most ?? 0, 0));
    case "flag": return false;
    case "color": return "#ffffff";
    case "group": return Object.fromEntries(parameter.fields.filter((field) => field.required).map((field) => [field.name, blank(field)]));
    case "list": return [];
    case "corners": return parameter.items.map(() => ({ x: 0, y: 0 }));
    case "map": return {};
    default: return "";
  }
}

function describe(property, root, name) {
  const schema = resolved(property, root);
  const choices = (schema.anyOf ?? [schema]).map((one) => resolved(one, root));
  const nullable = choices.some((one) => one.type === "null");
  const [first, second] = order(choices.filter((one) => one.type !== "null"));
  if (second && typeof first.const === "string") {
    return { kind: "either", word: first.const, other: { ...kindOf(second, root, name), name }, nullable };
  }
  return { ...kindOf(first, root, name), nullable };
}

/** A word such as "auto" first: it stands for what the other alternative is not. Of two others the first is offered. */
const order = (choices) => [...choices].sort((a, b) => ("const" in b) - ("const" in a));

function kindOf(schema, root, name) {
  if (schema.enum) return { kind: "choice", options: schema.enum };
  if (schema.type === "boolean") return { kind: "flag" };
  if (schema.type === "integer" || schema.type === "number") return numeric(schema);
  if (schema.type === "string") return written(schema, name);
  if (schema.prefixItems) return { kind: "corners", items: schema.prefixItems };
  if (schema.type === "array") return { kind: "list", item: { ...describe(schema.items, root, name), name }, most: schema.maxItems };
  if (schema.properties) return { kind: "group", fields: parameters(schema, root), shape: shapeOf(schema) };
  return { kind: "map", pattern: Object.keys(schema.patternProperties ?? {})[0] };
}

function numeric(schema) {
  const least = schema.minimum ?? schema.exclusiveMinimum;
  const most = schema.maximum ?? schema.exclusiveMaximum;
  const step = schema.type === "integer" ? 1 : most - least <= 4 ? 0.05 : 0.5;
  return { kind: "number", least, most, step, whole: schema.type === "integer" };
}

function written(schema, name) {
  if (schema.pattern?.includes(SHA)) return { kind: name === "mask" ? "mask" : "upload" };
  if (COLOURS.has(name)) return { kind: "color" };
  return { kind: "text", most: schema.maxLength, aspect: schema.pattern?.includes(":[1-9]") };
}

/** "box" and "point" can be picked on the photo. */
function shapeOf(schema) {
  const names = Object.keys(schema.properties).sort().join();
  return { "height,width,x,y": "box", "x,y": "point" }[names] ?? null;
}

function resolved(schema, root) {
  const name = schema?.$ref?.split("/").pop();
  return name ? root.$defs[name] : schema;
}
