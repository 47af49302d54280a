// What a fidelity report says, in sentences: which words, which numbers in them, good or not. Pure; the words are i18n's.

const SEEN = 2.3; // ΔE2000 from which on one sees a difference
const SURE = 1; // below it nobody does
const LIGHTING = ["relight", "background", "auto"];
const MOVING = ["crop", "resize", "rotate", "perspective"];

/** The limits that hold where neither the job nor the operator sets others (docs/fidelity.md). */
export const USUAL = {
  beyond_light: 3, worst_color: 6.5, worst_texture: 0.35, texture_kept: 0.93, sharpness_kept: 0.65,
  unasked_light: 2.8, asked_light: 8, missing: 0.03, added: 0.03, cut_off: 0.02,
};
export const AT_LEAST = new Set(["texture_kept", "sharpness_kept"]);

/** Sentences about a manifest's `fidelity`: [{key, tone: "good"|"warn"|"info", values}], the weightiest first. */
export function findings(fidelity) {
  if (!fidelity) return [tell("unknown", "info")];
  if (fidelity.generated) return [tell("generated", "info")];
  if (!fidelity.compared) return [tell("notCompared", "info")];
  const found = [colors(fidelity), texture(fidelity), sharpness(fidelity), ...outline(fidelity), ...filled(fidelity), ...noise(fidelity), ...basis(fidelity)];
  return [...found.filter(({ tone }) => tone === "warn"), ...found.filter(({ tone }) => tone !== "warn")];
}

/** What of it has a limit: [{name, measured, box}], as the service holds it against the limits. */
export function measures(fidelity) {
  if (!fidelity?.compared) return [];
  const { light, outline: edge, asked } = fidelity;
  const found = {
    beyond_light: fidelity.beyond_light.mean,
    worst_color: fidelity.worst_color.value,
    worst_texture: fidelity.worst_texture.value,
    texture_kept: fidelity.texture_kept,
    sharpness_kept: kept(fidelity.sharpness),
    unasked_light: light.unasked,
    asked_light: asked.includes("recolor") ? 0 : light.asked,
    missing: edge.missing,
    added: edge.added,
    cut_off: MOVING.some((op) => asked.includes(op)) ? null : edge.cut_off,
  };
  return Object.entries(found)
    .filter(([, measured]) => measured != null)
    .map(([name, measured]) => ({ name, measured, box: fidelity[name]?.box ?? null }));
}

function colors({ difference, beyond_light: beyond, light, asked }) {
  if (asked.includes("recolor")) return tell(beyond.mean > SEEN ? "recolored.off" : "recolored", beyond.mean > SEEN ? "warn" : "good");
  if (difference.mean < SURE) return tell("colors.unseen", "good");
  if (difference.mean <= SEEN) return tell("colors.barely", "good");
  if (beyond.mean > SEEN) return tell("colors.changed", "warn");
  if (light.asked > USUAL.asked_light) return tell("colors.relitMuch", "warn");
  return LIGHTING.some((op) => asked.includes(op)) ? tell("colors.relit", "good") : tell("colors.light", "warn");
}

function texture({ texture_kept: share }) {
  if (share >= 0.98) return tell("texture.whole", "good");
  return share >= USUAL.texture_kept ? tell("texture.nearly", "good") : tell("texture.lost", "warn");
}

function sharpness({ sharpness: both }) {
  const ratio = kept(both);
  if (ratio > 1.1) return tell("sharpness.more", "good");
  if (ratio >= 0.85) return tell("sharpness.same", "good");
  return ratio >= USUAL.sharpness_kept ? tell("sharpness.less", "info") : tell("sharpness.lost", "warn");
}

function* outline({ outline: { missing, added, cut_off: beyond }, asked }) {
  if (missing != null) yield missing <= 0.005 ? tell("missing.none", "good") : tell("missing.some", missing > USUAL.missing ? "warn" : "info", { share: missing });
  if (added > USUAL.added) yield tell("added", "warn", { share: added });
  if (beyond > USUAL.cut_off) yield MOVING.some((op) => asked.includes(op)) ? tell("cut.asked", "info", { share: beyond }) : tell("cut", "warn", { share: beyond });
}

function* filled({ filled_share: share }) {
  if (share > 0) yield tell("filled", "info", { share });
}

function* noise({ noise: [before, after] }) {
  if (before > 0.5 && after < before * 0.6) yield tell("noise.less", "good");
}

function* basis({ product }) {
  if (product === "not found") yield tell("product.notFound", "info");
  if (product === "whole picture") yield tell("product.whole", "info");
}

const kept = ([before, after]) => (before ? after / before : 1);

const tell = (key, tone, values = {}) => ({ key, tone, values });
