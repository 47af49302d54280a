// Starts jobs: a few at a time, each with an Idempotency-Key, so that a retry never starts a second one.
import { post } from "../api.js";
import { remember } from "./before.js";

const AT_ONCE = 4;
const ATTEMPTS = 5;

/**
 * Start a job for each spec; {started: [ids], sources, problem}: what refused one stops the rest. `sources`: their photos
 * on the table; those of the started jobs come back.
 */
export async function start(specs, sources = [], onProgress = () => {}) {
  const started = new Array(specs.length);
  let next = 0;
  let done = 0;
  let problem = null;
  const lane = async () => {
    while (next < specs.length && !problem) {
      const index = next++;
      try {
        started[index] = (await submit(specs[index])).id;
        if (sources[index]) remember(started[index], sources[index]);
        onProgress(++done);
      } catch (refused) {
        problem = refused;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, specs.length) }, lane));
  return { started: started.filter(Boolean), sources: sources.filter((_, index) => started[index]), problem };
}

/** One job. Tries again what can succeed later, under one key. Throws Problem. */
export async function submit(spec) {
  const headers = { "Idempotency-Key": newKey() };
  for (let attempt = 1; ; attempt++) {
    try {
      return await post("/v1/jobs", spec, { headers });
    } catch (problem) {
      const later = problem.slug === "network" || problem.status === 429 || problem.status === 503 || problem.slug === "idempotency-in-flight";
      if (!later || attempt === ATTEMPTS) throw problem;
      const pause = (problem.retryAfterS ?? attempt) * 1000 * (1 + Math.random() / 4);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

/** crypto.randomUUID is there on secure pages alone. */
function newKey() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
