// Asks the server what it would say to a spec, a moment after the last change, and keeps only the newest answer.
import { useEffect, useState } from "../vendor/htm-preact.js";
import { post } from "../api.js";
import { inWords } from "./faults.js";

const PAUSE_MS = 350;
const NOTHING = { of: "null", errors: [], problem: null, estimate: null };

/** {stale, errors: [{pointer, detail}], problem, estimate} of `spec`, which changes as it is edited; null asks nothing. */
export function useDryRun(spec) {
  const [told, setTold] = useState(NOTHING);
  const text = JSON.stringify(spec);
  useEffect(() => {
    if (text === "null") return setTold(NOTHING);
    const stop = new AbortController();
    const timer = setTimeout(() => ask(JSON.parse(text), stop.signal).then((answer) => setTold({ ...answer, of: text }), () => {}), PAUSE_MS);
    return () => { clearTimeout(timer); stop.abort(); };
  }, [text]);
  return { ...told, stale: told.of !== text };
}

async function ask(spec, signal) {
  try {
    const { estimate } = await post("/v1/jobs", { ...spec, validate_only: true }, { signal });
    return { ...NOTHING, estimate };
  } catch (problem) {
    if (problem.name === "AbortError") throw problem;
    return { ...NOTHING, errors: problem.errors, problem };
  }
}

/** The errors at a place of the spec and below, their pointers cut to what follows it. */
export function below(errors, prefix) {
  return errors.filter(({ pointer = "" }) => pointer === prefix || pointer.startsWith(`${prefix}/`))
    .map((error) => ({ ...error, pointer: error.pointer.slice(prefix.length) }));
}

/** The first error's words at a place, "" for none. */
export function at(errors, prefix) {
  const [first] = errors.filter(({ pointer = "" }) => pointer === prefix || pointer.startsWith(`${prefix}/`));
  return first ? inWords(first) : "";
}
