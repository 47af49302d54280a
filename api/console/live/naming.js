// What a job is called by people: its photo's name, its SKU, or what was wished for.
import { local } from "../api.js";
import { has, t } from "../i18n.js";

export function nameOf({ spec = {}, id }) {
  const wish = spec.operations?.[0]?.op === "generate" ? spec.operations[0].text || t("job.wish") : null;
  return spec.external_id || spec.metadata?.file || wish || t("job.unnamed", { id: id.slice(-6) });
}

export const isWish = (job) => job.spec?.operations?.[0]?.op === "generate";

/** "Auto → Cutout · Amazon" */
export function chainOf({ spec = {} }) {
  const chain = (spec.operations ?? []).map(({ op }) => (has(`op.${op}`) ? t(`op.${op}`) : op)).join(" → ");
  return [chain, (spec.renditions ?? []).map(channelName).join(", ")].filter(Boolean).join(" · ");
}

export const channelName = (name) => (has(`channel.${name}`) ? t(`channel.${name}`) : name);

const ENOUGH_PX = 360;
const SHOWN = ["webp", "jpeg", "png", "avif"];

/** The smallest of a job's pictures that is sharp on a card, as a path; null where there is none. */
export function cardPicture({ outputs = [] }) {
  const fit = outputs.filter(({ format }) => SHOWN.includes(format)).sort((a, b) => a.width - b.width);
  const found = fit.find(({ width }) => width >= ENOUGH_PX) ?? fit.at(-1);
  return found ? local(found.url) : null;
}

/** Is there a picture that needs a look, and that nobody has approved or rejected? */
export function needsLook({ needs_review: flagged, outputs = [] }) {
  return Boolean(flagged) && outputs.some((output) => output.needs_review && !output.decision?.verdict);
}

/** What people said of a job's pictures: "approved" where one is, "rejected" where all that were judged are; else null. */
export function verdictOf({ outputs }) {
  const verdicts = (outputs ?? []).map(({ decision }) => decision?.verdict).filter(Boolean);
  return verdicts.includes("approved") ? "approved" : verdicts[0] ?? null;
}

/** A download's name for an output. */
export function fileName(job, output) {
  const stem = nameOf(job).replace(/\.[^.]+$/, "").replace(/[^\p{L}\p{N}._-]+/gu, "-").slice(0, 80) || "packshot";
  const suffix = output.format === "jpeg" ? "jpg" : output.format;
  return output.name ? `${stem}-${output.name}` : `${stem}${output.index ? `-${output.index + 1}` : ""}.${suffix}`;
}
