// Asks the server what it would say to a spec, a moment after the last change, and keeps only the newest answer.
import { useEffect, useState } from "../vendor/htm-preact.js";
import { post } from "../api.js";

const PAUSE_MS = 350;
const NO_PHOTO = `sha256:${"0".repeat(64)}`;

/** {busy, errors: [{pointer, detail}], problem, estimate} of `spec`, which changes as it is edited. */
export function useDryRun(spec) {
  const [told, setTold] = useState({ busy: true, errors: [], problem: null, estimate: null });
  const text = JSON.stringify(spec);
  useEffect(() => {
    const stop = new AbortController();
    const timer = setTimeout(() => ask(JSON.parse(text), stop.signal).then(setTold, () => {}), PAUSE_MS);
    return () => { clearTimeout(timer); stop.abort(); };
  }, [text]);
  return told;
}

async function ask(spec, signal) {
  const photoless = spec.input && !spec.input.upload;
  const body = { ...spec, ...(photoless ? { input: { upload: NO_PHOTO } } : {}), validate_only: true };
  try {
    const { estimate } = await post("/v1/jobs", body, { signal });
    return { busy: false, errors: [], problem: null, estimate };
  } catch (problem) {
    if (problem.name === "AbortError") throw problem;
    const errors = problem.errors.filter(({ pointer = "" }) => !pointer.startsWith("/input"));
    const only = problem.errors.length > 0 && !errors.length; // the photo alone is missing: nothing is wrong with the plan
    return { busy: false, errors, problem: only ? null : problem, estimate: null };
  }
}

/** The errors at a place of the spec and below, their pointers cut to what follows it. */
export function below(errors, prefix) {
  return errors.filter(({ pointer = "" }) => pointer === prefix || pointer.startsWith(`${prefix}/`))
    .map((error) => ({ ...error, pointer: error.pointer.slice(prefix.length) }));
}

/** The first error's words at a place, "" for none. */
export const at = (errors, prefix) => below(errors, prefix)[0]?.detail ?? "";
