// What a job's manifest tells of each picture that was made, and what to send to get more of them. Pure; knows no page.

const MOST_LIKES = 8;

/** The first operation that made several pictures: its entry in the manifest, or null. */
export function makerOf(job) {
  return job.manifest?.operations.find(({ findings }) => findings?.outputs) ?? null;
}

/** Of each output what was found of it: {quality, scores, faults, shown, asked}; null where files and pictures differ. */
export function factsOf(job) {
  const found = makerOf(job)?.findings.outputs ?? [];
  return job.outputs.map((output, at) => (found.length === job.outputs.length ? found[at] : null));
}

/** Can pictures of this job be asked for by example? Those of a wish can, and those of a photo. */
export const canBeLiked = (job) => ["generate", "variations"].includes(job.spec.operations[0]?.op);

/** Members for the spec of the same wish, drawn anew. `random`: 0 to 1. */
export function again(job, random = Math.random()) {
  return { seed: newSeed(random), parent: { job: job.id, output: 0 } };
}

/** Members for a spec of more pictures like some outputs: `uploads` are theirs, in the order of `indices`. */
export function moreLike(job, indices, uploads, random = Math.random()) {
  const [first, ...others] = job.spec.operations;
  const likes = uploads.slice(0, MOST_LIKES);
  const lineage = { parent: { job: job.id, output: indices[0] }, seed: newSeed(random) };
  if (first.op === "variations") return { ...lineage, input: { upload: likes[0] } };
  return { ...lineage, operations: [{ ...first, like: likes }, ...others] };
}

const newSeed = (random) => Math.floor(random * 2 ** 31);
