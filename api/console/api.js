// The way to the server: JSON in and out, problems as Error objects. Knows no page and no words in a language.
import { kept, safeStorage, signal } from "./store.js";

const session = kept("key", null, safeStorage("sessionStorage"));
const remembered = kept("key", null, safeStorage("localStorage"));

/** The API key in use, null when nobody is signed in. */
export const key = signal(session.value ?? remembered.value);

/** What GET /v1/me said of the key: {tenant, key: {id, name, scopes, expires_at}, limits}; null before it answered. */
export const me = signal(null);

/** Why nobody is signed in although a key was shown: the Problem that the server answered it with. */
export const keyProblem = signal(null);

/** A refusal as the server put it (RFC 9457), or `network` where no answer came. */
export class Problem extends Error {
  constructor(slug, document = {}, retryAfterS = null) {
    super(document.detail || document.title || slug);
    this.slug = slug;
    this.title = document.title ?? slug;
    this.status = document.status ?? 0;
    this.detail = document.detail ?? "";
    this.errors = document.errors ?? [];
    this.requestId = document.request_id ?? null;
    this.retryAfterS = retryAfterS;
    this.document = document;
    this.midSession = false; // a key that was good until now
  }

  /** The page that explains this kind of problem; null where the server had no say. */
  get docUrl() { return problemDocUrl(this.document); }
}

/** A problem document's page, on this server whatever name it calls itself by. */
export function problemDocUrl(document) {
  return document?.type ? local(document.type) : null;
}

/** The slug of a problem document: "/problems/not-found" is "not-found". */
export const problemSlug = (document) => (document?.type ?? "").split("/").pop();

export function signIn(text, remember) {
  keyProblem.set(null);
  (remember ? remembered : session).set(text);
  (remember ? session : remembered).set(null);
  key.set(text);
}

export function signOut() {
  session.set(null);
  remembered.set(null);
  me.set(null);
  key.set(null);
}

/** May the present key do this? Unknown counts as yes: the server has the last word. */
export const may = (scope) => !me.value || me.value.key.scopes.includes(scope);

/** A URL of this server as path and query: its public name may differ from the one in the address bar. */
export function local(url) {
  const parsed = new URL(url, location.href);
  return parsed.pathname + parsed.search;
}

export const get = (path, options) => call("GET", path, options);
export const post = (path, body, options) => call("POST", path, { ...options, body });
export const patch = (path, body, options) => call("PATCH", path, { ...options, body });
export const del = (path, options) => call("DELETE", path, options);

/** The bytes of a protected address as a Blob. */
export async function blob(path, options) {
  return (await send("GET", path, options)).blob();
}

/**
 * Ask; answers the parsed JSON, null where there is none. Throws Problem.
 * options: query (object; arrays repeat a name; empty values are left out), body (JSON, or Blob/FormData/string as it
 * is), headers, signal, key (another than the present one).
 */
export async function call(method, path, options = {}) {
  const answer = await send(method, path, options);
  if (answer.status === 204 || answer.status === 304) return null;
  const text = await answer.text();
  return text ? JSON.parse(text) : null;
}

/** The same, answering the Response itself, for headers and streams. A key that is refused signs out. Throws Problem. */
export async function send(method, path, options = {}) {
  const shown = key.value;
  let answer;
  try {
    answer = await fetch(withQuery(path, options.query), {
      method,
      headers: headers(options),
      body: encoded(options.body),
      signal: options.signal,
      cache: "no-store",
      credentials: "omit",
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Problem("network");
  }
  if (answer.ok || answer.status === 304) return answer;
  const problem = await problemOf(answer);
  if (answer.status === 401 && !options.key && shown === key.value) {
    problem.midSession = Boolean(me.value);
    keyProblem.set(problem);
    signOut();
  }
  throw problem;
}

function withQuery(path, query = {}) {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value]) if (one != null && one !== "") search.append(name, one);
  }
  const text = search.toString();
  return text ? `${path}?${text}` : path;
}

/** The Problem that a refused Response holds. */
export async function problemOf(answer) {
  let document = {};
  try {
    document = await answer.json();
  } catch {
    // a proxy's page: the status alone has to do
  }
  return refusal(document, answer.status, Number(answer.headers.get("Retry-After")) || null);
}

export function refusal(document, status, retryAfterS = null) {
  return new Problem(problemSlug(document) || `http-${status}`, { status, ...document }, retryAfterS);
}

function headers({ headers: told = {}, body, key: other }) {
  const known = { Accept: "application/json", ...told };
  const shown = other ?? key.value;
  if (shown) known.Authorization = `Bearer ${shown}`;
  if (body !== undefined && isJson(body)) known["Content-Type"] ??= "application/json";
  return known;
}

const isJson = (body) => !(body instanceof Blob || body instanceof FormData || typeof body === "string");

function encoded(body) {
  return body !== undefined && isJson(body) ? JSON.stringify(body) : body;
}
