// One file to the server, with progress: XMLHttpRequest, as fetch tells nothing of what was sent.
import { Problem, key, refusal } from "../api.js";

const ATTEMPTS = 4;

/** The upload's document {id, format, width, height}. Tries again what can succeed later. Throws Problem. */
export async function send(file, kind, onProgress, signal) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await once(file, kind, onProgress, signal);
    } catch (problem) {
      const later = problem.slug === "network" || problem.status === 429 || problem.status >= 500;
      if (!later || attempt === ATTEMPTS || signal?.aborted) throw problem;
      const pause = (problem.retryAfterS ?? 2 ** (attempt - 1)) * 1000 * (0.75 + Math.random() / 2);
      await new Promise((resolve) => setTimeout(resolve, pause));
    }
  }
}

function once(file, kind, onProgress, signal) {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/v1/uploads");
    request.setRequestHeader("Authorization", `Bearer ${key.value}`);
    request.setRequestHeader("Content-Type", `image/${kind}`);
    request.upload.onprogress = (event) => event.lengthComputable && onProgress?.(event.loaded / event.total);
    request.onerror = () => reject(new Problem("network"));
    request.onabort = () => reject(new Problem("aborted"));
    request.onload = () => {
      const document = parsed(request.responseText);
      if (request.status < 300) return resolve(document);
      reject(refusal(document, request.status, Number(request.getResponseHeader("Retry-After")) || null));
    };
    signal?.addEventListener("abort", () => request.abort());
    request.send(file);
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
