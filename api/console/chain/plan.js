// What is to be done with the photos: chosen on the studio's page, kept for the tab's life, told to the server as a spec.
import { get, key } from "../api.js";
import { kept, safeStorage, signal } from "../store.js";
import { pruned } from "./schema.js";

const EMPTY = {
  recipe: "white",
  operations: [],
  renditions: [],
  check: false,
  result: false, // also the plain result, beside the channels' files
  format: "auto",
  quality: 90,
  priority: "auto",
  seed: null,
  sku: "",
  skuFromName: false,
  parent: null,
};

/** Ready-made ways, by what a merchant wants. */
export const RECIPES = {
  white: { operations: [{ op: "auto" }, { op: "background", color: "#ffffff", shadow: "contact" }] },
  listing: { operations: [{ op: "auto" }], renditions: ["amazon-main", "shopify-square"], check: true },
  clean: { operations: [{ op: "relight" }, { op: "restore" }] },
  enlarge: { operations: [{ op: "upscale", factor: 2, style: "photo" }] },
  cutout: { operations: [{ op: "cutout" }], format: "png" },
  own: { operations: [] },
};

export const plan = kept("plan", { ...EMPTY, ...RECIPES.white }, safeStorage("sessionStorage"));

key.subscribe((shown) => shown === null && plan.set({ ...EMPTY, ...RECIPES.white }));

/** {operations: {name: schema}, presets: {name: preset}}; null until asked. */
export const offers = signal(null);

/** Ask the server what it can do, once. Throws Problem. */
export async function loadOffers() {
  if (offers.value) return offers.value;
  const [operations, { presets }] = await Promise.all([get("/v1/operations"), get("/v1/presets")]);
  offers.set({ operations, presets });
  return offers.value;
}

export function choose(recipe) {
  const { sku, skuFromName, priority, parent } = plan.value;
  plan.set({ ...EMPTY, ...RECIPES[recipe], sku, skuFromName, priority, parent, recipe });
}

/** Change the plan by hand; a change of what is done makes it one's own way. */
export function edit(changes) {
  const own = "operations" in changes ? { recipe: "own" } : {};
  plan.update((old) => ({ ...old, ...own, ...changes }));
}

/**
 * The plan that a job's spec was made by, to be changed and run again; only once the offers are known. `parent`: {job,
 * output, upload, name}, of which the photo with that upload alone makes a new version.
 */
export function planOf(spec, parent) {
  const schemas = offers.value?.operations ?? {};
  return {
    ...EMPTY,
    recipe: "own",
    operations: (spec.operations ?? []).map((operation) => pruned(operation, schemas[operation.op])),
    renditions: spec.renditions ?? [],
    check: spec.check ?? false,
    result: Boolean(spec.output && spec.renditions?.length),
    format: spec.output?.format ?? "auto",
    quality: spec.output?.quality ?? 90,
    seed: spec.seed ?? null,
    sku: spec.external_id ?? "",
    parent,
  };
}

/** The spec of one photo's job. `photo`: {upload, name}; `many`: whether others go with it. */
export function specOf(wanted, photo, many = false) {
  const spec = { input: { upload: photo.upload }, operations: wanted.operations };
  if (wanted.renditions.length) Object.assign(spec, { renditions: wanted.renditions, ...(wanted.check ? { check: true } : {}) });
  const plain = !wanted.renditions.length || wanted.result;
  const usual = wanted.format === "auto" && wanted.quality === 90;
  if (plain && (wanted.renditions.length || !usual)) spec.output = { format: wanted.format, quality: wanted.quality };
  if (wanted.priority === "bulk" || (wanted.priority === "auto" && many)) spec.priority = "bulk";
  if (wanted.seed !== null) spec.seed = wanted.seed;
  const sku = wanted.skuFromName ? stem(photo.name) : many ? "" : wanted.sku.trim();
  if (sku) spec.external_id = sku.slice(0, 200);
  if (photo.name) spec.metadata = { file: photo.name.slice(0, 500) };
  const { parent } = wanted;
  if (parent && parent.upload === photo.upload) spec.parent = { job: parent.job, output: parent.output };
  return spec;
}

const stem = (name) => name.replace(/\.[^.]+$/, "");
